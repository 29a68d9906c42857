"""What forms of all apps have in common."""

from django import forms

from core.problems import Problem


def tell(form: forms.Form, problem: Problem) -> None:
    """Show a refusal by its fields; what belongs to none stands above the form."""
    for error in problem.errors or [{"loc": [], "msg": problem.detail}]:
        name = str(error["loc"][0]) if error["loc"] else ""
        form.add_error(name if name in form.fields else None, error["msg"])
