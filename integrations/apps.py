from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    name = "integrations"

    def ready(self) -> None:
        from core import calls  # noqa: PLC0415 - models are loaded only now
        from integrations.selectors import find_caller  # noqa: PLC0415 - as above

        calls.find_caller = find_caller
