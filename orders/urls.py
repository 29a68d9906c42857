from django.urls import path

from orders.shares import views

urlpatterns = [path("stock-limits/<path:sku>/", views.limits, name="stock-limits")]
