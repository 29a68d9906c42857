from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from core.actors import SYSTEM
from core.problems import NotFound, Problem
from core.throttle import address_of, allow
from orders.tracking import tracking_url
from payments import services
from payments.links import payment_behind
from payments.models import Payment

LOOKS_A_MINUTE = 20


@csrf_exempt
@require_POST
def stripe_webhook(request: HttpRequest) -> HttpResponse:
    """`POST /api/v1/webhooks/payments/stripe`: the signature in the header is the permission."""
    try:
        news = services.receive_stripe_webhook(request.body, request.headers.get("Stripe-Signature", ""))
    except Problem as problem:
        return JsonResponse(problem.body(), status=problem.status, content_type="application/problem+json")
    return JsonResponse({"received": True, "news": news})


stripe_webhook.permission = "public"  # type: ignore[attr-defined]  # for the check that every route names its own


@never_cache
@require_safe
def came_back(request: HttpRequest, token: str) -> HttpResponse:
    """Where the provider sends a customer who has paid, or given up: we look what came of it and show the order.

    Nothing is believed of the visit itself, so it may be repeated, faked or left out.
    """
    payment_id = payment_behind(token)
    payment = Payment.objects.select_related("order").filter(pk=payment_id).first() if payment_id else None
    if payment is None:
        raise NotFound(_("This link leads nowhere. Open the one in our latest mail about your order."))
    if allow("came-back", address_of(request), most=LOOKS_A_MINUTE, seconds=60):
        services.refresh([payment.pk], actor=SYSTEM)
    response = HttpResponseRedirect(tracking_url(payment.order), status=303)
    response["Referrer-Policy"] = "no-referrer"
    return response


came_back.permission = "public"  # type: ignore[attr-defined]
