"""How long the payment provider takes, and what comes of it."""

from core import metrics
from payments.providers import observers
from payments.providers.guard import Call

SECONDS = metrics.histogram(
    "oms_provider_seconds", "Time of a call to a provider, by what came of it", "provider", "call", "outcome"
)


def measured(call: Call) -> None:
    """One call that was made."""
    metrics.observe(SECONDS, call.seconds, call.provider, call.operation, call.outcome)


observers.append(measured)
