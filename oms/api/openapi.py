"""The OpenAPI 3.1 document: ninja's addresses and queries, completed by what each call declares."""

from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from capture.schemas import OrderIn
from core.calls import Declared

REF = "#/components/schemas/{model}"
JSON, PROBLEM_JSON = "application/json", "application/problem+json"

PROBLEM = {
    "type": "object",
    "description": "A problem (RFC 9457).",
    "required": ["type", "title", "status", "detail", "errors"],
    "properties": {
        "type": {"type": "string", "description": "ends in out-of-stock, invalid, conflict, not-found, forbidden, …"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["loc", "msg"],
                "properties": {
                    "loc": {"type": "array", "items": {"type": ["string", "integer"]}},
                    "msg": {"type": "string"},
                },
            },
        },
        "request_id": {"type": "string", "description": "the number to quote when you ask us about it"},
        "available": {"type": "object", "description": "out-of-stock only: what can be had of each SKU"},
    },
}
KEY_HEADER = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    "description": "Names this attempt. The same key and body get the same answer again, for seven days.",
}
REFUSALS = {
    "400": "The request cannot be read, or lacks its Idempotency-Key",
    "401": "No valid API key",
    "403": "The key lacks the scope",
    "404": "There is no such thing",
    "409": "The state of things does not allow it",
    "413": "The body is too large",
    "415": "The body is not JSON",
    "422": "Some of what was sent cannot be used",
}
READING = ("401", "403", "404", "422")
Models = dict[Any, dict[str, Any]]
"""The schema of each (model, mode)."""


def complete(document: Any, api: Any) -> Any:
    """Add bodies, answers, problems, keys and scopes to ninja's document."""
    declared = {op.view_func.__name__: op.view_func.declared for op in operations(api)}
    models = _models(declared.values())
    definitions, schemas = models
    for methods in document["paths"].values():
        for call in methods.values():
            _complete(call, declared[call["operationId"]], definitions)
    document["components"] = {
        "schemas": {**document["components"]["schemas"], **schemas, "Problem": PROBLEM},
        "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "An API key with scopes."}},
    }
    return document


def operations(api: Any) -> list[Any]:
    """Every operation of the API."""
    return [
        operation
        for router in api._get_bound_routers()
        for view in router.path_operations.values()
        for operation in view.operations
    ]


def _models(declared: Any) -> tuple[Models, dict[str, Any]]:
    wanted: list[tuple[type[BaseModel], JsonSchemaMode]] = [(OrderIn, "validation")]
    for one in declared:
        wanted += [(model, "validation") for model in (one.takes, one.gives) if model]
    found, definitions = models_json_schema(list(dict.fromkeys(wanted)), ref_template=REF)
    return dict(found), definitions.get("$defs", {})


def _complete(call: dict[str, Any], declared: Declared, models: Models) -> None:
    call["security"] = [{"key": [declared.scope]}]
    call["x-scope"] = declared.scope
    if declared.takes:
        call["requestBody"] = {"required": True, "content": {JSON: {"schema": models[declared.takes, "validation"]}}}
    if declared.needs_key:
        call.setdefault("parameters", []).append(KEY_HEADER)
    answer: dict[str, Any] = {"description": "Done"}
    if declared.gives:
        answer["content"] = {JSON: {"schema": models[declared.gives, "validation"]}}
    refusals = READING if declared.kind == "reads" else tuple(REFUSALS)
    problem = {PROBLEM_JSON: {"schema": {"$ref": REF.format(model="Problem")}}}
    call["responses"] = {
        str(declared.status): answer,
        **{status: {"description": REFUSALS[status], "content": problem} for status in refusals},
    }
