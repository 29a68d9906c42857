from django.apps import AppConfig


class ReturnsConfig(AppConfig):
    name = "returns"

    def ready(self) -> None:
        from returns import invariants  # noqa: F401, PLC0415 - registered once the models are there
