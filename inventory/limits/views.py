"""The page of rules about safety stock."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from core.actors import Actor
from core.forms import tell
from core.permissions import permission
from core.problems import Problem
from inventory.limits import safety, words
from inventory.limits.forms import RuleForm
from inventory.models import SafetyRule

managed = permission("stock.limits", everywhere=True)


@require_http_methods(["GET", "HEAD", "POST"])
@managed
def rules(request: HttpRequest) -> HttpResponse:
    """What is kept back by rule; a new rule."""
    form = RuleForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            safety.add_rule(form.wish(), actor=Actor.of(request.user))
        except Problem as problem:
            tell(form, problem)
        else:
            messages.success(request, _("The rule is added. It acts in a moment."))
            return redirect("safety-rules")
    kept = safety.cover_now()
    found = SafetyRule.objects.select_related("location").order_by("location__name", "location_kind", "category")
    told = [{"rule": rule, "words": words.sentence(rule), "products": kept.get(rule.pk, 0)} for rule in found]
    context = {"rules": told, "form": form}
    return render(request, "inventory/safety_rules.html", context, status=422 if form.errors else 200)


@require_POST
@managed
def remove(request: HttpRequest, rule_id: UUID) -> HttpResponse:
    """A rule ends."""
    safety.remove_rule(rule_id, actor=Actor.of(request.user))
    messages.success(request, _("The rule is removed. What it kept back is promised again in a moment."))
    return redirect("safety-rules")
