from django.urls import include, path

from oms import metrics

urlpatterns = [
    path("", include("capture.urls")),  # before the order page: "new" is no order's number
    path("", include("backoffice.urls")),
    path("", include("accounting.urls")),
    path("", include("analytics.urls")),
    path("", include("core.jobs.urls")),
    path("", include("core.lists.urls")),
    path("", include("customers.urls")),
    path("", include("fulfillment.urls")),
    path("", include("inventory.urls")),
    path("", include("notifications.urls")),
    path("", include("orders.urls")),
    path("", include("payments.urls")),
    path("", include("purchasing.urls")),
    path("", include("tracking.urls")),
    path("metrics", metrics.show),
    path("api/", include("oms.api.urls")),  # last: it answers for every other address below /api
]

handler500 = "core.middleware.server_error"
