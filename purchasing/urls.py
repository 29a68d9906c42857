from django.urls import path

from core.lists.views import page_of
from purchasing import docks, terms_views, vendor_views, views

urlpatterns = [
    path("purchase-orders/", page_of("purchase-orders"), name="purchase-orders"),
    path("purchase-orders/new/", views.new, name="purchase-order-new"),
    path("purchase-orders/<str:number>/", views.order_page, name="purchase-order"),
    path("purchase-orders/<str:number>/change/", views.change, name="purchase-order-change"),
    path("purchase-orders/<str:number>/send/", views.send, name="purchase-order-send"),
    path("purchase-orders/<str:number>/give-up/", views.give_up, name="purchase-order-give-up"),
    path("purchase-orders/<str:number>/receive/", docks.receive, name="purchase-order-receive"),
    path("purchase-orders/<str:number>/receive/scan/", docks.scan, name="purchase-order-receive-scan"),
    path("purchase-orders/<str:number>/receive/rest/", docks.rest, name="purchase-order-receive-rest"),
    path("purchase-orders/<str:number>/receive/anew/", docks.drop, name="purchase-order-receive-drop"),
    path("purchase-orders/<str:number>/receive/finish/", docks.finish, name="purchase-order-receive-finish"),
    path("to-order/", terms_views.to_order, name="to-order"),
    path("to-order/<str:code>/<str:place>/", terms_views.order, name="to-order-draft"),
    path("vendors/", page_of("vendors"), name="vendors"),
    path("vendors/new/", vendor_views.new, name="vendor-new"),
    path("vendors/<str:code>/", vendor_views.vendor, name="vendor"),
    path("vendors/<str:code>/change/", vendor_views.change, name="vendor-change"),
    path("vendors/<str:code>/terms/new/", terms_views.new, name="vendor-terms-new"),
    path("vendors/<str:code>/terms/<uuid:terms_id>/", terms_views.change, name="vendor-terms"),
    path("vendors/<str:code>/terms/<uuid:terms_id>/remove/", terms_views.remove, name="vendor-terms-remove"),
]
