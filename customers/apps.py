from django.apps import AppConfig


class CustomersConfig(AppConfig):
    name = "customers"

    def ready(self) -> None:
        from customers import tables  # noqa: F401, PLC0415 - registered once the models are there
