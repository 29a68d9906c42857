from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "core"

    def ready(self) -> None:
        from core import invariant_checks  # noqa: F401
        from core.jobs import invariants  # noqa: F401
