from django.apps import AppConfig


class BackofficeConfig(AppConfig):
    name = "backoffice"

    def ready(self) -> None:
        from backoffice import tables  # noqa: F401, PLC0415 - registered once the models are there
