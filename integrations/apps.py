from django.apps import AppConfig

from core import calls


class IntegrationsConfig(AppConfig):
    name = "integrations"

    def ready(self) -> None:
        from integrations.selectors import find_caller  # noqa: PLC0415 - models are loaded only now

        calls.find_caller = find_caller
