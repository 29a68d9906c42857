from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "payments"

    def ready(self) -> None:
        # Subscriptions and checks register themselves when they are imported.
        from payments import bulk, handlers, invariants, metrics  # noqa: F401, PLC0415
