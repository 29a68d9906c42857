from django.urls import path

from core.lists.views import page_of
from inventory import views
from inventory.feeds import views as feeds
from inventory.supply import views as supply

urlpatterns = [
    path("stock/", page_of("stock"), name="stock"),
    path("inbound/", supply.inbound, name="inbound"),
    path("stock/<path:sku>/pre-order/", supply.pre_order, name="stock-pre-order"),
    path("stock/<path:sku>/receive/", views.receive, name="stock-receive"),
    path("stock/<path:sku>/adjust/", views.adjust, name="stock-adjust"),
    path("stock/<path:sku>/", views.stock_item, name="stock-item"),
    path("stock-feeds/", page_of("stock-feeds"), name="stock-feeds"),
    path("stock-feeds/new/", feeds.new, name="stock-feed-new"),
    path("stock-feeds/messages/<uuid:message_id>/", feeds.message, name="stock-message"),
    path("stock-feeds/messages/<uuid:message_id>/progress/", feeds.progress, name="stock-message-progress"),
    path("stock-feeds/messages/<uuid:message_id>/refused.csv", feeds.refused, name="stock-message-refused"),
    path("stock-feeds/<str:code>/", feeds.feed, name="stock-feed"),
    path("stock-feeds/<str:code>/change/", feeds.change, name="stock-feed-change"),
    path("stock-feeds/<str:code>/file/", feeds.send_file, name="stock-feed-file"),
]
