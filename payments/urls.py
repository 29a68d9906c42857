from django.urls import path

from payments import views

app_name = "payments"
urlpatterns = [
    path("paid/<str:token>/", views.came_back, name="came_back"),
    path("api/v1/webhooks/payments/stripe", views.stripe_webhook, name="stripe_webhook"),
]
