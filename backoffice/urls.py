from django.urls import include, path

from backoffice import counter, customer_views, incident_views, order_acts, order_views, preferences, queue_views, views
from backoffice.health import views as health
from backoffice.search import palette, search
from backoffice.stock import changes
from backoffice.stock import comebacks as comebacks  # a part of the product's page
from backoffice.stock import kept as kept  # a list
from backoffice.stock import promise as promise  # a part of the product's page
from core.lists.views import page_of

urlpatterns = [
    path("", include("backoffice.people.urls")),
    path("", include("backoffice.home.urls")),
    path("health/", health.health, name="health"),
    path("health/live/", health.live, name="health-live"),
    path("language/", preferences.language, name="set_language"),
    path("theme/", preferences.theme, name="theme"),
    path("preferences/", preferences.preferences, name="preferences"),
    path("start/", preferences.start, name="start"),
    path("styleguide/", views.styleguide, name="styleguide"),
    path("search/", search, name="search"),
    path("search/palette/", palette, name="search-palette"),
    path("exceptions/", page_of("exceptions"), name="exceptions"),
    path("exceptions/<uuid:incident_id>/", incident_views.exception, name="exception"),
    path("exceptions/<uuid:incident_id>/give/", incident_views.give, name="exception-give"),
    path("exceptions/<uuid:incident_id>/settle/", incident_views.settle, name="exception-settle"),
    path("payments/", page_of("payments"), name="payments"),
    path("returns/", page_of("returns"), name="returns"),
    path("parcels/", page_of("parcels"), name="parcels"),
    path("orders/", page_of("orders"), name="orders"),
    path("orders/at-the-counter/", counter.at_counter, name="order-at-counter"),  # no order's number
    path("orders/<str:number>/", order_views.order, name="order"),
    path("orders/<str:number>/hold/", order_acts.hold, name="order-hold"),
    path("orders/<str:number>/release-hold/", order_acts.release_hold, name="order-release-hold"),
    path("orders/<str:number>/keep/", order_acts.keep, name="order-keep"),
    path("orders/<str:number>/let-go/", order_acts.let_stock_go, name="order-let-go"),
    path("orders/<str:number>/receive-return/", order_acts.receive_return, name="order-receive-return"),
    path("orders/<str:number>/take-back/", order_acts.take_back, name="order-take-back"),
    path("orders/<str:number>/pay-link/", order_acts.pay_link, name="order-pay-link"),
    path("orders/<str:number>/cancel/", order_acts.cancel, name="order-cancel"),
    path("orders/<str:number>/live/", order_views.live, name="order-live"),
    path("orders/<str:number>/note/", order_acts.add_note, name="order-note"),
    path("orders/<str:number>/contact/", order_acts.edit_contact, name="order-contact"),
    path("orders/<str:number>/settle/", order_acts.resolve, name="order-settle"),
    path("orders/<str:number>/letter/", order_acts.resend, name="order-letter"),
    path("kept-stock/", page_of("kept-stock"), name="kept-stock"),
    path("stock-changes/", changes.stock_changes, name="stock-changes"),
    path("work-queue/", queue_views.work_queue, name="work-queue"),
    path("work-queue/again/", queue_views.try_again, name="work-queue-again"),
    path("work-queue/give-up/", queue_views.give_up, name="work-queue-give-up"),
    path("customers/<uuid:customer_id>/", customer_views.customer, name="customer"),
    path("customers/<uuid:customer_id>/edit/", customer_views.edit, name="customer-edit"),
    path("customers/<uuid:customer_id>/note/", customer_views.add_note, name="customer-note"),
]
