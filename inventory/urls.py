from django.urls import path

from core.lists.views import page_of
from inventory import views
from inventory.counts import floor as counting
from inventory.counts import views as counts
from inventory.feeds import views as feeds
from inventory.holdings import put_views as putting
from inventory.holdings import views as holdings
from inventory.limits import views as limits
from inventory.serials import views as serials
from inventory.supply import views as supply
from inventory.transfers import floor
from inventory.transfers import views as transfers
from inventory.valuation import views as valuation

urlpatterns = [
    path("stock/", page_of("stock"), name="stock"),
    path("inbound/", supply.inbound, name="inbound"),
    path("inbound/new/", supply.announce, name="supply-new"),
    path("stock/<path:sku>/pre-order/", supply.pre_order, name="stock-pre-order"),
    path("stock/<path:sku>/receive/", views.receive, name="stock-receive"),
    path("stock/<path:sku>/lots/", views.track, name="stock-track"),
    path("stock/<path:sku>/serials/", serials.ask, name="stock-serials"),
    path("stock/<path:sku>/serials/register/", serials.register_numbers, name="stock-serials-register"),
    path("stock/<path:sku>/adjust/", views.adjust, name="stock-adjust"),
    path("stock/<path:sku>/cost/", valuation.cost, name="stock-cost"),
    path("stock/<path:sku>/at/<uuid:location_id>/", holdings.at_place, name="stock-at"),
    path("stock/<path:sku>/at/<uuid:location_id>/condition/", holdings.condition, name="stock-condition"),
    path("stock/<path:sku>/", views.stock_item, name="stock-item"),
    path("safety-rules/", limits.rules, name="safety-rules"),
    path("safety-rules/<uuid:rule_id>/remove/", limits.remove, name="safety-rule-remove"),
    path("stock-bins/", page_of("stock-bins"), name="stock-bins"),
    path("stock-bins/new/", holdings.new, name="stock-bin-new"),
    path("stock-bins/<uuid:bin_id>/", holdings.bin_page, name="stock-bin"),
    path("stock-bins/<uuid:bin_id>/change/", holdings.change, name="stock-bin-change"),
    path("serials/", page_of("serials"), name="serials"),
    path("stock-lots/", page_of("stock-lots"), name="stock-lots"),
    path("put-away/", putting.put_away, name="put-away"),
    path("put-away/<uuid:location_id>/scan/", putting.put_scan, name="put-scan"),
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
    path("counts/", page_of("stock-counts"), name="stock-counts"),
    path("counts/new/", counts.new, name="count-new"),
    path("counts/rules/", counts.count_rules, name="count-rules"),
    path("counts/differences/", page_of("count-differences"), name="count-differences"),
    path("counts/differences/<uuid:line_id>/", counts.line_page, name="count-line"),
    path("counts/<str:number>/", counts.count_page, name="count"),
    path("counts/<str:number>/start/", counts.start, name="count-start"),
    path("counts/<str:number>/cancel/", counts.cancel, name="count-cancel"),
    path("counts/<str:number>/assign/", counts.assign, name="count-assign"),
    path("counts/<str:number>/bins/", counting.floor, name="count-floor"),
    path("counts/<str:number>/bins/find/", counting.find_bin, name="count-find"),
    path("counts/<str:number>/bins/<uuid:spot_id>/", counting.bin_screen, name="count-bin"),
    path("counts/<str:number>/bins/<uuid:spot_id>/take/", counting.take, name="count-take"),
    path("counts/<str:number>/bins/<uuid:spot_id>/scan/", counting.scan, name="count-scan"),
    path("counts/<str:number>/bins/<uuid:spot_id>/done/", counting.done, name="count-done"),
    path("counts/<str:number>/bins/<uuid:spot_id>/leave/", counting.leave, name="count-leave"),
    path("stock-feeds/", page_of("stock-feeds"), name="stock-feeds"),
    path("stock-feeds/new/", feeds.new, name="stock-feed-new"),
    path("stock-feeds/messages/<uuid:message_id>/", feeds.message, name="stock-message"),
    path("stock-feeds/messages/<uuid:message_id>/progress/", feeds.progress, name="stock-message-progress"),
    path("stock-feeds/messages/<uuid:message_id>/refused.csv", feeds.refused, name="stock-message-refused"),
    path("stock-feeds/<str:code>/", feeds.feed, name="stock-feed"),
    path("stock-feeds/<str:code>/change/", feeds.change, name="stock-feed-change"),
    path("stock-feeds/<str:code>/file/", feeds.send_file, name="stock-feed-file"),
]
