from django.urls import path

from tracking import views

urlpatterns = [
    path("t/<str:token>/", views.order_page, name="tracking"),
    path("t/<str:token>/pay/", views.pay, name="tracking-pay"),
]
