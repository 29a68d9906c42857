from django.urls import path

from core.lists.views import page_of
from inventory import views

urlpatterns = [
    path("stock/", page_of("stock"), name="stock"),
    path("stock/<path:sku>/receive/", views.receive, name="stock-receive"),
    path("stock/<path:sku>/adjust/", views.adjust, name="stock-adjust"),
    path("stock/<path:sku>/", views.stock_item, name="stock-item"),
]
