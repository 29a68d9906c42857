from django.urls import path

from core.lists.views import page_of

urlpatterns = [
    path("customers/", page_of("customers"), name="customers"),
]
