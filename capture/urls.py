from django.urls import path

from capture import lost_views, views

urlpatterns = [
    path("orders/new/", views.new_order, name="new-order"),
    path("orders/new/quote/", views.quote, name="new-order-quote"),
    path("orders/new/products/", views.find_products, name="new-order-products"),
    path("lost-sales/", lost_views.lost_sales, name="lost-sales"),
]
