"""The application's own workers with shorter patience: a storm in a test cannot wait a minute for every lost delivery.

Nothing else is changed. `STORM_PATIENCE` gives the seconds.
"""

import os
from datetime import timedelta

import django

django.setup()

from core.outbox import limits  # noqa: E402 - models need Django first
from oms.celery import app  # noqa: E402
from payments.services import settlement, voids  # noqa: E402

PATIENCE = timedelta(seconds=float(os.environ.get("STORM_PATIENCE", "5")))

limits.LEASE = limits.WAIT_IN_LINE = PATIENCE
settlement.FIRST_CHANCE = voids.SEARCH_LAG = PATIENCE
app.conf.beat_schedule["settle-unknown-payments"] |= {"schedule": PATIENCE.total_seconds() / 2}

__all__ = ["app"]
