"""A payment provider for development and tests: a process of its own that speaks Stripe's HTTP protocol."""
