"""The pages that a customer sees at the provider: the checkout, and the bank that asks whether it is really them."""

import html
from dataclasses import dataclass
from string import Template

from simulator.store import Object

CARDS = (
    ("pm_card_visa", "Visa •• 4242", "works", "fonctionne"),
    ("pm_card_mastercard", "Mastercard •• 4444", "works", "fonctionne"),
    ("pm_card_threeDSecure2Required", "Visa •• 3220", "asks your bank", "demande à la banque"),
    ("pm_card_chargeDeclined", "Visa •• 0002", "is declined", "est refusée"),
    ("pm_card_chargeDeclinedInsufficientFunds", "Visa •• 9995", "has no funds", "sans provision"),
)
"""Test cards: payment method, what is printed on it, what it does in English and in French."""

WORDS = {
    "en": {
        "pay": "Pay",
        "test": "Test provider",
        "test_bank": "Test bank",
        "note": "This is a simulation. No money moves and no card number is asked for.",
        "card": "Which card?",
        "back": "Back to the shop",
        "ask": "Do you authorise this payment?",
        "yes": "Authorise",
        "no": "Refuse",
        "declined": "Your card was declined.",
        "gone": "This page has been used or has ended.",
        "close": "Done. You may close this page.",
    },
    "fr": {
        "pay": "Payer",
        "test": "Prestataire de test",
        "test_bank": "Banque de test",
        "note": "Ceci est une simulation. Aucun argent ne circule et aucun numéro de carte n’est demandé.",
        "card": "Quelle carte ?",
        "back": "Retour à la boutique",
        "ask": "Autorisez-vous ce paiement ?",
        "yes": "Autoriser",
        "no": "Refuser",
        "declined": "Votre carte a été refusée. Essayez-en une autre.",
        "gone": "Cette page a déjà servi ou n’est plus valable.",
        "close": "C’est fait. Vous pouvez fermer cette page.",
    },
}

_PAGE = Template("""<!doctype html>
<html lang="$language"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex"><title>$title</title><style>
:root { color-scheme: light dark; --ink: #1d2b33; --soft: #5b6a73; --paper: #fff; --ground: #eef1f6; --line: #d6dce4;
  --main: #4a3fc4; --on: #fff; --bad: #a3262a; }
@media (prefers-color-scheme: dark) { :root { --ink: #e7eaf0; --soft: #a5b0bb; --paper: #1b2029; --ground: #12151b;
  --line: #343c49; --main: #a59dff; --on: #14122e; --bad: #ff9a94; } }
* { box-sizing: border-box } body { margin: 0; background: var(--ground); color: var(--ink);
  font: 16px/1.5 Inter, system-ui, sans-serif; }
main { max-width: 27rem; margin: 0 auto; padding: 2rem 1rem 3rem; }
.card { background: var(--paper); border: 1px solid var(--line); border-radius: 12px; padding: 1.5rem; }
.who { color: var(--soft); font-size: .9rem; margin: 0 0 .75rem .25rem; }
h1 { font-size: 2rem; line-height: 1.2; margin: 0; font-variant-numeric: tabular-nums; letter-spacing: -.02em; }
p { margin: .25rem 0 1rem; } .soft { color: var(--soft); } .bad { color: var(--bad); font-weight: 600; }
fieldset { border: 0; min-width: 0; padding: 0; margin: 0 0 1.25rem; } legend { font-weight: 600; padding: 0; margin-bottom: .5rem; }
label { display: flex; gap: .75rem; align-items: center; padding: .7rem .8rem; border: 1px solid var(--line);
  margin-top: -1px; cursor: pointer; } label:first-of-type { border-radius: 8px 8px 0 0; }
label:last-of-type { border-radius: 0 0 8px 8px; } label b { font-weight: 400; white-space: nowrap; }
label span { margin-left: auto; color: var(--soft); font-size: .85rem; }
input { accent-color: var(--main); width: 1.1rem; height: 1.1rem; margin: 0; flex: none; }
button { font: inherit; font-weight: 600; width: 100%; min-height: 3rem; border-radius: 8px; cursor: pointer;
  border: 1px solid var(--main); background: var(--main); color: var(--on); }
button.second { background: none; color: var(--ink); border-color: var(--line); margin-top: .6rem; }
a { color: inherit; } .end { text-align: center; margin: 1.25rem 0 0; }
:focus-visible { outline: 3px solid var(--main); outline-offset: 2px; }
</style></head><body><main><p class="who">$who</p><div class="card">$body</div>
<p class="end soft"><small>$note</small></p></main></body></html>
""")


@dataclass(frozen=True)
class Reader:
    """Who reads the page: `en` or `fr`."""

    language: str

    @classmethod
    def of(cls, locale: str, accepted: str) -> "Reader":
        """The language that the shop asked for, else the first that the browser does."""
        wanted = locale if locale in WORDS else accepted.strip()[:2].lower()
        return cls(wanted if wanted in WORDS else "en")

    def word(self, name: str) -> str:
        """One of WORDS."""
        return WORDS[self.language][name]

    def error(self, error: Object | None) -> str:
        """Why the last card was not taken."""
        if not error:
            return ""
        return str(error["message"]) if self.language == "en" else self.word("declined")

    def amount(self, minor: int, currency: str) -> str:
        """Money as it is written in the reader's language; every currency here has cents."""
        text = f"{minor / 100:,.2f}"
        if self.language == "fr":
            return text.replace(",", "\u202f").replace(".", ",") + f"\u00a0{_sign(currency)}"
        return f"{_sign(currency)}{text}" if len(_sign(currency)) == 1 else f"{_sign(currency)}\u00a0{text}"


def _sign(currency: str) -> str:
    return {"eur": "€", "gbp": "£", "usd": "$"}.get(currency, currency.upper())


def _page(reader: Reader, title: str, body: str, who: str = "test") -> str:
    return _PAGE.substitute(
        language=reader.language,
        title=html.escape(title),
        who=html.escape(reader.word(who)),
        body=body,
        note=html.escape(reader.word("note")),
    )


def checkout(reader: Reader, session: Object, *, error: str) -> str:
    """Choose a card and pay."""
    amount = reader.amount(session["amount_total"], session["currency"])
    choices = "".join(
        f'<label><input type="radio" name="card" value="{token}"{" checked" if not n else ""}><b>{html.escape(shown)}</b>'
        f"<span>{html.escape(french if reader.language == 'fr' else english)}</span></label>"
        for n, (token, shown, english, french) in enumerate(CARDS)
    )
    back = session["cancel_url"]
    body = (
        f"<h1>{amount}</h1><p class=soft>{html.escape(str(session['name']))}</p>"
        + (f'<p class="bad" role="alert">{html.escape(error)}</p>' if error else "")
        + f'<form method="post"><fieldset><legend>{reader.word("card")}</legend>{choices}</fieldset>'
        + f"<button>{reader.word('pay')} {amount}</button></form>"
        + (f'<p class="end"><a href="{html.escape(str(back))}">{reader.word("back")}</a></p>' if back else "")
    )
    return _page(reader, reader.word("pay"), body)


def authentication(reader: Reader, intent: Object) -> str:
    """Authorise or refuse."""
    amount = reader.amount(intent["amount"], intent["currency"])
    body = (
        f"<h1>{amount}</h1><p class=soft>{html.escape(str(intent['description'] or ''))}</p>"
        f"<p>{reader.word('ask')}</p>"
        f'<form method="post"><button name="result" value="pass">{reader.word("yes")}</button>'
        f'<button class="second" name="result" value="fail">{reader.word("no")}</button></form>'
    )
    return _page(reader, reader.word("test_bank"), body, "test_bank")


def message(reader: Reader, text: str) -> str:
    """A page that only says something."""
    return _page(reader, reader.word("test"), f"<p>{html.escape(text)}</p>")
