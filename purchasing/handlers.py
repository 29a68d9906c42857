"""What purchasing tells those below it."""

from inventory.counts import unbooked
from purchasing import standing

unbooked.add(standing.come)
