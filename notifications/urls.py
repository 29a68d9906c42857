from django.urls import path

from notifications import views

urlpatterns = [
    path("mail/", views.mail_box, name="mail"),
    path("mail/<uuid:message_id>/", views.mail_message, name="mail-message"),
    path("mail/<uuid:message_id>/body/", views.mail_body, name="mail-body"),
]
