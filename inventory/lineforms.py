"""Lines of articles in a form: looked up, added, removed, by script or without it."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.db.models.functions import Upper
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from catalog.models import Variant
from catalog.selectors import named
from core.problems import Problem, dotted
from core.typed import plain
from inventory.services import LARGEST

PREFIX = "line"
MOST_LINES = 500
FOUND = 8


class LineForm(forms.Form):
    """One article and how many of it."""

    sku = forms.CharField(
        label=_("SKU"), required=False, max_length=100, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    quantity = forms.IntegerField(
        label=_("Quantity"), min_value=1, max_value=LARGEST, initial=1, required=False,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )  # fmt: skip


def formset(form: type[LineForm]) -> Any:
    """The class of a form of many such lines."""
    return forms.formset_factory(form, extra=0, max_num=MOST_LINES, absolute_max=MOST_LINES + 1, validate_max=True)


def given(lines: Sequence[Mapping[str, Any]]) -> QueryDict:
    """Lines that stand already, as they would be posted."""
    data = QueryDict(mutable=True)
    data[f"{PREFIX}-TOTAL_FORMS"], data[f"{PREFIX}-INITIAL_FORMS"] = str(len(lines)), "0"
    for i, line in enumerate(lines):
        for name, value in line.items():
            data[f"{PREFIX}-{i}-{name}"] = str(value)
    return data


def find(text: str) -> list[Variant]:
    """Articles by SKU, barcode or name, the first few."""
    text = plain(text)
    if not text:
        return []
    found = Variant.objects.filter(named(text), is_stocked=True, is_active=True).select_related("product")
    return list(found.order_by("sku")[:FOUND])


def changed(data: QueryDict, fields: Sequence[str], of: Any = None) -> QueryDict:
    """The posted form with a line more or less: `add` and `remove` name it, or what was typed to `find` in full.

    `of` gives what else a new line says, by its article.
    """
    data = data.copy()
    total = min(_number(data.get(f"{PREFIX}-TOTAL_FORMS", ""), 0), MOST_LINES)
    data[f"{PREFIX}-TOTAL_FORMS"], data[f"{PREFIX}-INITIAL_FORMS"] = str(total), "0"
    variant = _meant(data)
    if variant is not None:
        data["find"] = ""
        if all(data.get(f"{PREFIX}-{i}-sku", "").upper() != variant.sku.upper() for i in range(total)):
            for name, value in ({"sku": variant.sku, "quantity": 1} | (of(variant) if of else {})).items():
                data[f"{PREFIX}-{total}-{name}"] = str(value)
            data[f"{PREFIX}-TOTAL_FORMS"] = str(total + 1)
    gone = _number(data.get("remove", ""), total)
    if gone < total:
        for i in range(gone, total):
            for name in fields:
                data[f"{PREFIX}-{i}-{name}"] = data.get(f"{PREFIX}-{i + 1}-{name}", "")
        data[f"{PREFIX}-TOTAL_FORMS"] = str(total - 1)
    return data


def _number(typed: str, otherwise: int) -> int:
    """A number as a form counts its lines; what is none, or longer than any, is `otherwise`."""
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 6 else otherwise


def _meant(data: QueryDict) -> Variant | None:
    wanted = plain(data.get("add", "")) or plain(data.get("find", ""))
    exact = [v for v in find(wanted) if wanted.upper() in (v.sku.upper(), v.barcode)]
    return exact[0] if exact else None


def filled(lines: Any) -> list[Any]:
    """The lines that name an article, in their order."""
    return [line for line in lines.forms if line.cleaned_data.get("sku", "").strip()]


def variants(lines: Sequence[Any]) -> dict[str, UUID]:
    """The articles of lines by their SKUs as typed, in capitals."""
    typed = {line.cleaned_data["sku"].strip().upper() for line in lines}
    found = Variant.objects.annotate(capitals=Upper("sku")).filter(capitals__in=typed)
    return dict(found.values_list("capitals", "pk"))


def name(lines: Any) -> None:
    """Give each line of the form the name of its article as `product`."""
    typed = {line: str(line["sku"].value() or "").strip().upper() for line in lines.forms}
    found = Variant.objects.annotate(capitals=Upper("sku")).filter(capitals__in=set(typed.values()))
    names = {variant.sku.upper(): variant.product.name() for variant in found.select_related("product")}
    for line, sku in typed.items():
        line.product = names.get(sku, "")


def tell(form: forms.Form, lines: Sequence[Any], problem: Problem) -> None:
    """Put a problem's words beside the fields that they name, the rest above the form."""
    for error in problem.errors or [{"loc": [], "msg": problem.detail}]:
        loc, msg = list(error["loc"]), error["msg"]
        if len(loc) == 3 and loc[0] == "lines" and isinstance(loc[1], int) and loc[1] < len(lines):
            line = lines[loc[1]]
            line.add_error(loc[2] if loc[2] in line.fields else None, msg)
        elif loc and loc[0] in form.fields:
            form.add_error(str(loc[0]), msg)
        else:
            form.add_error(None, msg if not loc or loc == ["lines"] else f"{dotted(loc)}: {msg}")
