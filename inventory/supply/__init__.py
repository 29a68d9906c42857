"""Supply on its way (purchases, transfers, returns, a vendor's confirmations) and the demands that wait for units.

A demand (an order line) whose units no place has waits: its pins name the supply that will bring them, or none. What of
a supply is pinned is committed and promised to nobody else. When units come, pins become reservations, first come first
served, before anything is free (arriving). Pins of a variant are changed under one lock, after its stock rows (locks).
"""
