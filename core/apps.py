from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules

CONTRIBUTIONS = ("invariants", "metrics", "handlers", "bulk", "tables", "timeline_words")
"""Modules of an app that register on import what it contributes to others."""


class CoreConfig(AppConfig):
    name = "core"

    def ready(self) -> None:
        """Find what every app contributes, now that all models are there."""
        from core import invariant_checks  # noqa: F401
        from core.jobs import invariants  # noqa: F401

        autodiscover_modules(*CONTRIBUTIONS)
