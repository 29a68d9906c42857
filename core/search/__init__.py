"""Finding things by words, e-mail addresses and telephone numbers, at a price that does not grow with their number.

Apps give what their things are found by (`index.put`); `finding` answers with ids, the best first. Whatever has a key of
its own (an order's number, a SKU) needs none of this. Why it is built like this: docs/adr.
"""

from core.search.finding import Found, find, find_email, find_phone
from core.search.folding import fold, words
from core.search.index import Document, hold, put, remove
from core.search.phones import asked_phone, phone_terms
from core.search.terms import code_term, email_term, name_terms

__all__ = [
    "Document",
    "Found",
    "asked_phone",
    "code_term",
    "email_term",
    "find",
    "find_email",
    "find_phone",
    "fold",
    "hold",
    "name_terms",
    "phone_terms",
    "put",
    "remove",
    "words",
]
