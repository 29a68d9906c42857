from django.urls import path

from core.lists.views import page_of
from fulfillment import lot_views, serial_views, supply_views, views

urlpatterns = [
    path("stock-lots/<uuid:lot_id>/", lot_views.lot_page, name="stock-lot"),
    path("stock-lots/<uuid:lot_id>/set-apart/", lot_views.close, name="stock-lot-close"),
    path("stock-lots/<uuid:lot_id>/release/", lot_views.release, name="stock-lot-release"),
    path("serials/<uuid:serial_id>/", serial_views.serial_page, name="serial"),
    path("serials/<uuid:serial_id>/gone/", serial_views.gone, name="serial-gone"),
    path("serials/<uuid:serial_id>/found/", serial_views.found_again, name="serial-found"),
    path("recall/", page_of("recall"), name="recall"),
    path("inbound/<uuid:supply_id>/", supply_views.supply, name="supply"),
    path("inbound/<uuid:supply_id>/change/", supply_views.change, name="supply-change"),
    path("inbound/<uuid:supply_id>/close/", supply_views.close, name="supply-close"),
    path("inbound/<uuid:supply_id>/arrive/", supply_views.arrive, name="supply-arrive"),
    path("work/", views.work_list, name="work"),
    path("work/<uuid:fulfillment_order_id>/", views.work_piece, name="work-piece"),
    path("work/<uuid:fulfillment_order_id>/scan/", views.scan, name="work-scan"),
    path("work/<uuid:fulfillment_order_id>/accept/", views.accept, name="work-accept"),
    path("work/<uuid:fulfillment_order_id>/pick-all/", views.pick_all, name="work-pick-all"),
    path("work/<uuid:fulfillment_order_id>/serials/<uuid:serial_id>/out/", views.number_out, name="work-number-out"),
    path("work/<uuid:fulfillment_order_id>/pack/", views.pack, name="work-pack"),
    path("work/<uuid:fulfillment_order_id>/ship/", views.hand_over, name="work-ship"),
    path("work/parcels/<uuid:shipment_id>/", views.parcel, name="parcel"),
    path("work/parcels/<uuid:shipment_id>/events/", views.record_event, name="parcel-event"),
    path("work/parcels/<uuid:shipment_id>/label.pdf", views.label_pdf, name="parcel-label"),
    path("work/parcels/<uuid:shipment_id>/ask-label/", views.ask_label, name="parcel-ask-label"),
    path("work/parcels/<uuid:shipment_id>/slip.pdf", views.slip_pdf, name="parcel-slip"),
]
