"""Reads of the catalogue."""

from typing import Any

from django.db.models import Func, Q, QuerySet, TextField
from django.db.models.functions import Cast

from catalog.models import Product, Variant
from core import search

FEWEST = 3
"""Characters of the longest word: fewer are in every name."""


def named(text: str) -> Q:
    """Variants by the beginning of the SKU, by the barcode, or by words of the product's name in any language."""
    text = text.strip()
    found = [Variant.objects.filter(sku__istartswith=text), Variant.objects.filter(barcode=text).exclude(barcode="")]
    if max(map(len, search.words(text)), default=0) >= FEWEST:
        found.append(Variant.objects.filter(product__in=_with_words(search.words(text))))
    keys = [each.values("pk") for each in found]
    return Q(pk__in=keys[0].union(*keys[1:]))


def _with_words(words: list[str]) -> QuerySet[Any]:
    """Products with all of these in their names, as an index has these: without case and accents."""
    found = Product.objects.alias(
        folded=Func(Cast("names", TextField()), function="catalog_folded", output_field=TextField())
    )
    for word in words:
        found = found.filter(folded__contains=word)
    return found
