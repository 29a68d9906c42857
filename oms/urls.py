from django.urls import include, path

urlpatterns = [
    path("", include("backoffice.urls")),
]
