from django.urls import include, path

urlpatterns = [
    path("", include("backoffice.urls")),
    path("", include("notifications.urls")),
    path("", include("tracking.urls")),
]
