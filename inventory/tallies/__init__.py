"""Tallies: units counted one by one for a document, on a phone, by one person or several, before anything is booked.

A tally belongs to a document (`about`) and a purpose: receive a delivery, send a transfer. There is one open tally for
each. What is scanned is an entry under a key of its own, so that the same scan sent twice counts once. Booking is the
document's own service; it closes the tally, under whose id it books once.
"""
