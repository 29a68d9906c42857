from django.urls import path

from core.lists.views import page_of
from notifications import views

urlpatterns = [
    path("mail/", page_of("mail"), name="mail"),
    path("mail/<uuid:message_id>/", views.mail_message, name="mail-message"),
    path("mail/<uuid:message_id>/body/", views.mail_body, name="mail-body"),
]
