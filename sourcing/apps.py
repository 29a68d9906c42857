"""Which location sends what: rate cards, promise dates, the exact solver and its recorded decisions."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SourcingConfig(AppConfig):
    name = "sourcing"
    verbose_name = _("Sourcing")

    def ready(self) -> None:
        """Register what the app contributes to others."""
        from sourcing import invariants  # noqa: F401, PLC0415 - registers on import
