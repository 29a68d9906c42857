"""What can be done to many rows of a list at once. Apps register their actions; a list names those that it offers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Case, Count, Expression, F, IntegerField, Model, Q, QuerySet, TextField, Value, When
from django.db.models.functions import Cast
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from core.actors import Actor
from core.jobs.models import Job, JobRow
from core.problems import NotFound

Words = str | Promise
EXAMPLES = 3
"""Rows named for each reason."""


@dataclass(frozen=True, slots=True)
class Run:
    """What a row is done with: whom the job belongs to, and what they gave for all rows."""

    owner: Any
    actor: Actor
    given: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A reason why a row would be refused, and which rows it is true of."""

    words: Words
    of: Q


class NoFields(forms.Form):
    """An action that asks for nothing."""


def as_it_is(form: forms.Form, job: Job) -> None:
    """A form that offers the same whatever the rows."""


def nothing(objects: QuerySet[Any]) -> list[str]:
    """An action without a consequence in numbers."""
    return []


@dataclass(frozen=True, kw_only=True)
class BulkAction:
    """An act on each of many rows.

    `act` does one row by the key of its object, in the open transaction of its result, and may return words for it; it
    raises a Problem to refuse the row, and asks for a right at a place itself. `permission` is asked again before each
    row. `fields` is the form of what is given once for all; `offer` lets it offer what fits the job's rows. `refusals` and `consequence` are for the preview: what
    would be refused, and what follows, in numbers, of the rows that would not be. `named_by` is what the rows are called; `link` is
    the address of a row's thing. `confirm` are the words on the button, plural by the number of rows, n.
    """

    name: str
    label: Words
    title: Words
    confirm: Promise
    permission: str
    model: type[Model]
    act: Callable[[UUID, Run], str | None]
    fields: type[forms.Form] = NoFields
    offer: Callable[[Any, Job], None] = as_it_is
    refusals: Sequence[Refusal] = ()
    consequence: Callable[[QuerySet[Any]], Sequence[str]] = nothing
    named_by: str | Expression = "number"
    link: Callable[[JobRow], str] | None = None
    icon: str = "list-checks"
    danger: bool = False

    def form(self, job: Job, given: Mapping[str, Any] | None = None) -> forms.Form:
        """The form of what is given once for all rows of a job."""
        made = self.fields(given)
        self.offer(made, job)
        return made

    def keys_and_names(self, found: QuerySet[Any]) -> QuerySet[Any]:
        """The rows with what they are called."""
        by = F(self.named_by) if isinstance(self.named_by, str) else self.named_by
        return found.annotate(job_label=Cast(by, TextField())).values_list("pk", "job_label")


ACTIONS: dict[str, BulkAction] = {}


def register(action: BulkAction) -> BulkAction:
    """Make an action known by its name, which jobs are stored under."""
    ACTIONS[action.name] = action
    return action


def get(name: str) -> BulkAction:
    """The action of this name, or NotFound."""
    found = ACTIONS.get(name)
    if found is None:
        raise NotFound(_("There is no such action."))
    return found


@dataclass(frozen=True, slots=True)
class Reason:
    """Why some rows would be refused: the words, how many, and some of them."""

    words: Words
    count: int
    examples: list[str]


@dataclass(frozen=True, slots=True)
class Preview:
    """What an action would do to the rows of a job, as things stand now."""

    total: int
    applies: int
    reasons: list[Reason]
    consequences: list[str]

    @property
    def refused(self) -> int:
        """Rows that it would not apply to."""
        return self.total - self.applies


def preview(action: BulkAction, job: Job) -> Preview:
    """Count the rows by the first reason that holds for each; four statements and one per reason."""
    frozen = job.rows.values("key")
    judged = action.model._default_manager.filter(pk__in=frozen).order_by().annotate(why=_why(action.refusals))
    counts = dict(judged.values_list("why").annotate(n=Count("pk")))
    reasons = [
        Reason(refusal.words, counts[n], _examples(job, judged.filter(why=n)))
        for n, refusal in enumerate(action.refusals)
        if counts.get(n)
    ]
    gone = job.total - sum(counts.values())
    if gone:
        reasons.append(Reason(_("It is not there any more."), gone, []))
    applying = action.model._default_manager.filter(pk__in=judged.filter(why=FITS).values("pk"))
    applies = counts.get(FITS, 0)
    return Preview(job.total, applies, reasons, list(action.consequence(applying)) if applies else [])


FITS = -1


def why_not(action: BulkAction, key: UUID) -> Words:
    """The first reason that holds for one object now, in the words of the preview; "" when there is none."""
    if not action.refusals:
        return ""
    judged = action.model._default_manager.filter(pk=key).order_by().annotate(why=_why(action.refusals))
    found = judged.values_list("why", flat=True).first()
    return "" if found is None or found == FITS else action.refusals[found].words


def _why(refusals: Sequence[Refusal]) -> Expression:
    cases = [When(refusal.of, then=Value(n)) for n, refusal in enumerate(refusals)]
    return Case(*cases, default=Value(FITS), output_field=IntegerField())


def _examples(job: Job, judged: QuerySet[Any]) -> list[str]:
    found = job.rows.filter(key__in=judged.values("pk")).order_by("position")
    return list(found.values_list("label", flat=True)[:EXAMPLES])
