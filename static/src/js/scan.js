/**
 * Scanning: a wedge scanner types a code and Enter, whatever has the focus. Scans are sent one after the other; each
 * answer is the changed part of the screen. A scan that got no answer is not tried again by itself: the screen says so;
 * so it does when another page comes while scans wait, as these were meant for this one.
 */

const GAP_MS = 150; // people type slower, scanners faster
const BOUNCE_MS = 250; // the same code again sooner than this is the scanner's own echo

const main = document.querySelector("[data-scan]");
const waiting = [];
let busy = false;
let typed = "";
let typedAt = 0;
let last = { code: "", at: 0 };
let next = ""; // the page that comes
let audio;

function form() {
  return main.querySelector("[data-scan-form]");
}

function beep(right) {
  navigator.vibrate?.(right ? 30 : [90, 60, 90]);
  try {
    audio ??= new AudioContext();
    const tone = audio.createOscillator();
    const gain = audio.createGain();
    tone.frequency.value = right ? 1175 : 220;
    gain.gain.setValueAtTime(0.12, audio.currentTime);
    gain.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + (right ? 0.12 : 0.4));
    tone.connect(gain).connect(audio.destination);
    tone.start();
    tone.stop(audio.currentTime + 0.45);
  } catch {
    // no sound on this device: colour and words say the same
  }
}

function say(text, link) {
  const place = main.querySelector("[data-said]");
  const note = document.createElement("div");
  const words = document.createElement("p");
  note.className = "note is-red text-[1rem] py-3.5";
  words.className = "font-medium";
  words.textContent = text;
  note.append(words);
  if (link) note.append(link);
  place?.replaceChildren(note);
}

function net() {
  const word = main.querySelector("[data-net-word]");
  if (word) word.textContent = navigator.onLine ? main.dataset.live : main.dataset.away;
}

function show(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const part = page.querySelector("[data-part]");
  if (!part) return false;
  main.replaceChildren(document.adoptNode(part));
  net();
  return true;
}

function drop() {
  waiting.length = 0;
  stop(); // the page that comes would take the words away
  const link = document.createElement("a");
  link.className = "btn btn-line btn-big";
  link.href = next;
  link.textContent = main.dataset.on;
  say(main.dataset.dropped, link);
  beep(false);
}

function go(url) {
  next = url;
  if (waiting.length) drop();
  else location.assign(url);
}

async function resync() {
  try {
    const answer = await fetch(location.href, { headers: { "HX-Request": "true" } });
    if (answer.ok) show(await answer.text());
  } catch {
    net();
  }
}

async function send(code) {
  const target = form();
  if (!target) return;
  const body = new FormData(target);
  body.set("code", code);
  const answer = await fetch(target.action, {
    method: "POST",
    body,
    headers: { "HX-Request": "true" },
    signal: AbortSignal.timeout(8000),
  });
  const shown = show(await answer.text());
  if (shown && answer.redirected) history.replaceState(null, "", answer.url);
  beep(answer.ok);
  if (!shown) go(answer.redirected ? answer.url : location.href);
}

async function work() {
  if (busy) return;
  busy = true;
  while (waiting.length) {
    const code = waiting.shift();
    try {
      await send(code);
    } catch {
      waiting.length = 0;
      await resync();
      say(main.dataset.lost);
      beep(false);
    }
  }
  busy = false;
}

function scanned(code) {
  const now = performance.now();
  if (!code || (code === last.code && now - last.at < BOUNCE_MS)) return;
  last = { code, at: now };
  if (next) {
    drop();
    return;
  }
  waiting.push(code);
  work();
}

function elsewhere(target) {
  return target.closest("input, textarea, select") === null;
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || !elsewhere(event.target) || !form()) return;
  const now = event.timeStamp; // when the key was pressed, however busy the page was
  if (now - typedAt > GAP_MS) typed = "";
  typedAt = now;
  if (event.key === "Enter" && typed.length > 2) {
    event.preventDefault();
    scanned(typed);
    typed = "";
  } else if (event.key.length === 1) {
    typed += event.key;
  }
});

main.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-scan-form]")) return;
  event.preventDefault();
  const field = event.target.elements.code;
  scanned(field.value.trim());
  field.value = "";
});

addEventListener("online", () => resync());
addEventListener("offline", net);
net();
