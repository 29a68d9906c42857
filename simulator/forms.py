"""Stripe's form encoding: `a[b][c]=x` and `expand[]=y` as nested dictionaries."""

import re
from typing import Any
from urllib.parse import parse_qsl

from simulator.errors import RefusedError

_KEY = re.compile(r"^([^\[\]]+)((?:\[[^\[\]]*\])*)$")
_PART = re.compile(r"\[([^\[\]]*)\]")

Form = dict[str, Any]


def parse(text: str) -> Form:
    """The nested form of a query string or body. Raises RefusedError for a key that is not well formed."""
    form: Form = {}
    for key, value in parse_qsl(text, keep_blank_values=True):
        _put(form, _path(key), value)
    return form


def _path(key: str) -> list[str]:
    match = _KEY.match(key)
    if not match:
        raise RefusedError(f"Invalid parameter name: {key}", code="parameter_unknown", param=key)
    return [match[1], *_PART.findall(match[2])]


def _put(form: Form, path: list[str], value: str) -> None:
    node = form
    for part in path[:-1]:
        child = node.setdefault(part, {})
        if not isinstance(child, dict):
            raise RefusedError(f"Invalid object: {path[0]}", param=path[0])
        node = child
    last = path[-1] or str(len(node))
    if isinstance(node.get(last), dict):
        raise RefusedError(f"Invalid object: {path[0]}", param=path[0])
    node[last] = value


def integer(form: Form, name: str, *, least: int = 0) -> int | None:
    """The whole number under `name`, or None when it is left out."""
    text = form.get(name)
    if text is None:
        return None
    if not isinstance(text, str) or not re.fullmatch(r"-?\d{1,12}", text):
        raise RefusedError(f"Invalid integer: {text}", code="parameter_invalid_integer", param=name)
    if int(text) < least:
        raise RefusedError(
            f"This value must be greater than or equal to {least}.", code="parameter_invalid_integer", param=name
        )
    return int(text)


def boolean(form: Form, name: str, *, default: bool) -> bool:
    """The flag under `name`: `true` or `false`."""
    text: str | None = form.get(name)
    if text is None:
        return default
    if text not in ("true", "false"):
        raise RefusedError(f"Invalid boolean: {text}", param=name)
    return text == "true"


def choice(form: Form, name: str, allowed: tuple[str, ...], *, default: str | None) -> str | None:
    """The word under `name`, which must be one of `allowed`."""
    text = form.get(name, default)
    if text is not None and text not in allowed:
        raise RefusedError(f"Invalid {name}: must be one of {', '.join(allowed)}", param=name)
    return text


def required(form: Form, name: str) -> str:
    """The text under `name`, which must be there."""
    text = form.get(name)
    if not isinstance(text, str) or not text:
        raise RefusedError(f"Missing required param: {name}.", code="parameter_missing", param=name)
    return text


def mapping(form: Form, name: str) -> dict[str, Any]:
    """The object under `name`, empty when left out."""
    value = form.get(name) or {}
    if not isinstance(value, dict):
        raise RefusedError(f"Invalid object: {name}", param=name)
    return value


def listing(form: Form, name: str) -> list[str]:
    """The array under `name`, empty when left out."""
    return [str(value) for value in mapping(form, name).values()]
