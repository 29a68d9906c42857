from django.apps import AppConfig


class FulfillmentConfig(AppConfig):
    name = "fulfillment"

    def ready(self) -> None:
        from fulfillment import bulk, handlers, invariants  # noqa: F401, PLC0415 - registered once the models are there
