"""The public page of an order. Its address is the first factor, a postcode or e-mail address the second."""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from core.actors import Actor
from core.days import zone
from core.problems import Conflict
from core.throttle import address_of, allow
from orders.models import Order
from payments import services as payments
from tracking import story
from tracking.forms import ProofForm
from tracking.selectors import facts_about, order_behind, unfinished_payment

PROVED_FOR = timedelta(hours=12)
COOKIE = "order"
SIGNER = signing.TimestampSigner(salt="tracking.proof")
PAGES_A_MINUTE = 60
PROOFS_PER_ORDER, ORDER_WINDOW = 10, 3600
PAYS_PER_ORDER = 10
PROOFS_PER_ADDRESS, ADDRESS_WINDOW = 20, 600

View = Callable[[HttpRequest, str], HttpResponse]


def unlisted(view: View) -> View:
    """A page that no search engine keeps, that tells nobody where its reader came from, and that anybody may open."""

    @wraps(view)
    def answer(request: HttpRequest, token: str) -> HttpResponse:
        response = view(request, token)
        response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
        response["Referrer-Policy"] = "no-referrer"
        return response

    answer.permission = "public"  # type: ignore[attr-defined]  # for the check that every route names its own
    return answer


# Without a referrer browsers name no origin, so Django's check would refuse the form. It changes nothing that is
# stored: it only gives the sender a look, in return for a proof that a forger would have to know.
@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@unlisted
def order_page(request: HttpRequest, token: str) -> HttpResponse:
    """Where the order stands. Unknown and wrong tokens get the same answer."""
    if not allow("tracking", address_of(request), most=PAGES_A_MINUTE, seconds=60):
        return _refused(request, "tracking/too_many.html", 429, wait=60)
    order = order_behind(token)
    if order is None:
        return _refused(request, "tracking/not_found.html", 404)
    with translation.override(_language(request, order)), timezone.override(zone(order.channel.time_zone)):
        return _prove(request, token, order) if request.method == "POST" else _page(request, token, order)


def _page(request: HttpRequest, token: str, order: Order, form: ProofForm | None = None) -> HttpResponse:
    proved = _has_proved(request, token)
    told = story.tell(facts_about(order), personal=proved)
    context = {"story": told, "form": form or ProofForm(), "here": request.path, "askable": _askable(order)}
    return render(request, "tracking/order.html", context, status=422 if form else 200)


def _prove(request: HttpRequest, token: str, order: Order) -> HttpResponse:
    """Look at the proof; when it is right, remember that for this browser and show the page anew."""
    by_address = allow("proof", address_of(request), most=PROOFS_PER_ADDRESS, seconds=ADDRESS_WINDOW)
    by_order = allow("proof-of", str(order.pk), most=PROOFS_PER_ORDER, seconds=ORDER_WINDOW)
    if not (by_address and by_order):
        return _refused(request, "tracking/too_many.html", 429, wait=ADDRESS_WINDOW if by_order else ORDER_WINDOW)
    form = ProofForm(request.POST, order=order)
    if not form.is_valid():
        return _page(request, token, order, form)
    response = HttpResponseRedirect(request.get_full_path(), status=303)
    response.set_cookie(
        COOKIE,
        SIGNER.sign(token),
        max_age=PROVED_FOR,
        path=request.path,
        httponly=True,
        secure=settings.HTTPS,
        samesite="Lax",
    )
    return response


# Exempt for the same reason: whoever forges it must know the address, and opens a page on which somebody else may pay.
@csrf_exempt
@never_cache
@require_POST
@unlisted
def pay(request: HttpRequest, token: str) -> HttpResponse:
    """Another attempt to pay, on a page of the provider's where the customer chooses a card."""
    order = order_behind(token)
    if order is None:
        return _refused(request, "tracking/not_found.html", 404)
    by_address = allow("tracking", address_of(request), most=PAGES_A_MINUTE, seconds=60)
    if not (by_address and allow("pay", str(order.pk), most=PAYS_PER_ORDER, seconds=ORDER_WINDOW)):
        return _refused(request, "tracking/too_many.html", 429, wait=60 if not by_address else ORDER_WINDOW)
    with translation.override(_language(request, order)), timezone.override(zone(order.channel.time_zone)):
        return _leave(request, token, order)


def _leave(request: HttpRequest, token: str, order: Order) -> HttpResponse:
    """A page that leads on by itself: a redirect after a form may only lead to ourselves, by our own policy."""
    here = reverse("tracking", args=[token])
    payment = unfinished_payment(order)
    if payment is None:
        return HttpResponseRedirect(here, status=303)
    customer = Actor("customer", order.customer_name or "Customer")
    try:
        payments.pay_again(payment.pk, actor=customer)
    except Conflict:  # paid, cancelled or asked for in the meantime: the page says which
        return HttpResponseRedirect(here, status=303)
    payments.authorise([payment.pk], actor=customer)
    payment.refresh_from_db()
    url = payment.action_url if payment.status == "requires_action" else ""
    context = {"url": url, "here": here, "number": order.number}
    return render(request, "tracking/leave.html", context, status=200 if url else 503)


def _has_proved(request: HttpRequest, token: str) -> bool:
    try:
        return bool(SIGNER.unsign(request.COOKIES.get(COOKIE, ""), max_age=PROVED_FOR) == token)
    except signing.BadSignature:
        return False


def _askable(order: Order) -> bool:
    """Whether the order knows anything that its customer could be asked for."""
    return bool(order.email or order.shipping_address.get("postal_code"))


def _language(request: HttpRequest, order: Order) -> str:
    """What the reader chose on the page, else the language of the order."""
    known = dict(settings.LANGUAGES)
    return next((code for code in (request.GET.get("lang"), order.language) if code in known), settings.LANGUAGE_CODE)


def _refused(request: HttpRequest, template: str, status: int, wait: int = 0) -> HttpResponse:
    response = render(request, template, {"minutes": max(wait // 60, 1)}, status=status)
    if wait:
        response["Retry-After"] = str(wait)
    return response
