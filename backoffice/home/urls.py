from django.urls import path

from backoffice.help import views as help_views
from backoffice.home import views

urlpatterns = [
    path("", views.home, name="home"),
    path("help/", help_views.contents, name="help"),
    path("help/<slug:name>/", help_views.page, name="help-page"),
]
