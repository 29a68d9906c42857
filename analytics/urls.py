from django.urls import path

from analytics import views

urlpatterns = [
    path("insight/", views.dashboard, name="insight"),
]
