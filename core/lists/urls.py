from django.urls import path

from core.lists import views

urlpatterns = [
    path("lists/<str:list_name>/views/", views.save_view, name="view-save"),
    path("lists/<str:list_name>/views/<uuid:view_id>/", views.change_view, name="view-change"),
    path("lists/<str:list_name>/columns/", views.choose_columns, name="list-columns"),
]
