from django.apps import AppConfig


class BackofficeConfig(AppConfig):
    name = "backoffice"

    def ready(self) -> None:
        """Changes that somebody else made are told in the words of the timeline."""
        from backoffice.timeline_words import said  # noqa: PLC0415 - models are ready only now
        from core.versions import say_with  # noqa: PLC0415 - as above

        say_with(said)
