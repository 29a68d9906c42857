"""What stands in the index. A word stands as it is; what is no word begins with a sign that no word has.

`@` an e-mail address; `+` a telephone number from its country on; `~` one from its end on; `=` a number that another
system gave.
"""

from core.search.folding import LONGEST, fold, words

EMAIL, PHONE, PHONE_END, CODE = "@", "+", "~", "="


def name_terms(*texts: str) -> list[str]:
    """The words of names and the like."""
    return words(" ".join(texts))


def email_term(email: str) -> str:
    """An e-mail address; "" for none."""
    folded = "".join(fold(email).split())[: 3 * LONGEST]
    return f"{EMAIL}{folded}" if folded else ""


def code_term(code: str) -> str:
    """A number that another system gave, whatever signs it is made of; "" for none."""
    folded = "".join(fold(code).split())[: 3 * LONGEST]
    return f"{CODE}{folded}" if folded else ""


def is_word(term: str) -> bool:
    """Whether it may be found by a part of it, or in spite of a slip. Numbers are found by their beginning alone."""
    return len(term) >= 3 and any(c.isalpha() for c in term) and term[0] not in (EMAIL, PHONE, PHONE_END, CODE)


def above(prefix: str) -> str:
    """The first text after all that begin with the prefix, in the order of their code points."""
    return prefix + "\U0010ffff"
