from django.apps import AppConfig


class BackofficeConfig(AppConfig):
    name = "backoffice"

    def ready(self) -> None:
        """Register what the app contributes to others."""
        from backoffice import bulk, tables, timeline_words  # noqa: F401, PLC0415 - registered once the models are there
        from backoffice.search import handlers  # noqa: F401, PLC0415
