from django.urls import path

from backoffice import counter, customer_views, order_views, preferences, queue_views, views
from backoffice.health import views as health
from backoffice.search import search

urlpatterns = [
    path("", views.home, name="home"),
    path("health/", health.health, name="health"),
    path("health/live/", health.live, name="health-live"),
    path("sign-in/", views.SignIn.as_view(), name="sign-in"),
    path("sign-out/", views.sign_out, name="sign-out"),
    path("language/", preferences.language, name="set_language"),
    path("theme/", preferences.theme, name="theme"),
    path("preferences/", preferences.preferences, name="preferences"),
    path("start/", preferences.start, name="start"),
    path("styleguide/", views.styleguide, name="styleguide"),
    path("search/", search, name="search"),
    path("orders/", order_views.order_list, name="orders"),
    path("orders/at-the-counter/", counter.at_counter, name="order-at-counter"),  # no order's number
    path("orders/<str:number>/", order_views.order, name="order"),
    path("orders/<str:number>/hold/", order_views.hold, name="order-hold"),
    path("orders/<str:number>/release-hold/", order_views.release_hold, name="order-release-hold"),
    path("orders/<str:number>/receive-return/", order_views.receive_return, name="order-receive-return"),
    path("orders/<str:number>/take-back/", order_views.take_back, name="order-take-back"),
    path("orders/<str:number>/pay-link/", order_views.pay_link, name="order-pay-link"),
    path("orders/<str:number>/cancel/", order_views.cancel, name="order-cancel"),
    path("work-queue/", queue_views.work_queue, name="work-queue"),
    path("work-queue/again/", queue_views.try_again, name="work-queue-again"),
    path("work-queue/give-up/", queue_views.give_up, name="work-queue-give-up"),
    path("customers/<uuid:customer_id>/", customer_views.customer, name="customer"),
]
