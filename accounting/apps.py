"""The ledger: accounts, immutable journal, postings and balances. Knows no orders, no payments, no stock."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountingConfig(AppConfig):
    name = "accounting"
    verbose_name = _("Accounting")

    def ready(self) -> None:
        """Register what the app contributes to others."""
        from accounting import invariants, tables  # noqa: F401, PLC0415 - they register on import
