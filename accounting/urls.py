from django.urls import path

from accounting import views

urlpatterns = [
    path("ledger/", views.journal, name="ledger"),
    path("ledger/trial-balance/", views.trial, name="trial-balance"),
    path("ledger/<uuid:entry_id>/", views.journal_entry, name="journal-entry"),
]
