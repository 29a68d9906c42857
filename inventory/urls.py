from django.urls import path

from core.lists.views import page_of
from inventory import views
from inventory.feeds import views as feeds
from inventory.supply import views as supply
from inventory.transfers import floor
from inventory.transfers import views as transfers

urlpatterns = [
    path("stock/", page_of("stock"), name="stock"),
    path("inbound/", supply.inbound, name="inbound"),
    path("stock/<path:sku>/pre-order/", supply.pre_order, name="stock-pre-order"),
    path("stock/<path:sku>/receive/", views.receive, name="stock-receive"),
    path("stock/<path:sku>/adjust/", views.adjust, name="stock-adjust"),
    path("stock/<path:sku>/", views.stock_item, name="stock-item"),
    path("stock-find/", views.find, name="stock-find"),
    path("transfers/", page_of("transfers"), name="transfers"),
    path("transfers/new/", transfers.new, name="transfer-new"),
    path("transfers/<str:number>/", transfers.transfer_page, name="transfer"),
    path("transfers/<str:number>/change/", transfers.change, name="transfer-change"),
    path("transfers/<str:number>/cancel/", transfers.cancel, name="transfer-cancel"),
    path("transfers/<str:number>/write-off/", transfers.write_off, name="transfer-write-off"),
    path("transfers/<str:number>/<str:step>/count/", floor.count, name="transfer-count"),
    path("transfers/<str:number>/<str:step>/scan/", floor.scan, name="transfer-scan"),
    path("transfers/<str:number>/<str:step>/rest/", floor.rest, name="transfer-rest"),
    path("transfers/<str:number>/<str:step>/anew/", floor.drop, name="transfer-drop"),
    path("transfers/<str:number>/<str:step>/finish/", floor.finish, name="transfer-finish"),
    path("stock-feeds/", page_of("stock-feeds"), name="stock-feeds"),
    path("stock-feeds/new/", feeds.new, name="stock-feed-new"),
    path("stock-feeds/messages/<uuid:message_id>/", feeds.message, name="stock-message"),
    path("stock-feeds/messages/<uuid:message_id>/progress/", feeds.progress, name="stock-message-progress"),
    path("stock-feeds/messages/<uuid:message_id>/refused.csv", feeds.refused, name="stock-message-refused"),
    path("stock-feeds/<str:code>/", feeds.feed, name="stock-feed"),
    path("stock-feeds/<str:code>/change/", feeds.change, name="stock-feed-change"),
    path("stock-feeds/<str:code>/file/", feeds.send_file, name="stock-feed-file"),
]
