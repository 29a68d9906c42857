from django.urls import path

from orders.keeping import views as keeping
from orders.shares import views

urlpatterns = [
    path("stock-limits/<path:sku>/", views.limits, name="stock-limits"),
    path("keeping-rules/", keeping.rules, name="keeping-rules"),
    path("keeping-rules/<uuid:rule_id>/remove/", keeping.remove, name="keeping-rule-remove"),
]
