from django.urls import include, path

urlpatterns = [
    path("", include("backoffice.urls")),
    path("", include("fulfillment.urls")),
    path("", include("notifications.urls")),
    path("", include("payments.urls")),
    path("", include("tracking.urls")),
    path("api/", include("oms.api.urls")),  # last: it answers for every other address below /api
]
