"""Transfers: goods that go from one place of ours to another.

Sending takes free units, never promised ones, out of the origin; from then on they are in transit, counted by the
transfer's lines and nowhere else, with their value, and are supply at the target. Receiving puts them on hand there. What
does not arrive stays in transit until it is found or written off. Every unit is in exactly one place at all times.
"""
