from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from core.problems import Problem
from payments import services


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
