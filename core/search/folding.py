"""One spelling for what people spell differently: no case, no accents, letters and digits only."""

import re
import unicodedata

LONGEST = 100
"""Characters of a word that count."""
LETTERS = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ß": "ss"})
WORD = re.compile(r"[^\W_]+")


def fold(text: str) -> str:
    """`Müller-Ødegård` as `muller-odegard`; what no database text may hold is taken out."""
    spelt_out = unicodedata.normalize("NFKD", text.replace("\0", "")).casefold().translate(LETTERS)
    plain = unicodedata.normalize("NFKD", spelt_out)  # what case has taken apart once more
    return unicodedata.normalize("NFC", "".join(c for c in plain if not unicodedata.combining(c)))


def words(text: str) -> list[str]:
    """The words of a text, folded, each once, in their order."""
    return list(dict.fromkeys(word[:LONGEST] for word in WORD.findall(fold(text))))
