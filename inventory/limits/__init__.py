"""What a company keeps from being promised: units set aside for a channel, most that a channel may sell, safety by rule.

Channels belong to a higher layer: here they are opaque keys, as demands are.
"""
