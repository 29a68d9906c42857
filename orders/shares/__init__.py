"""Channel shares: what of a product is kept back, set aside for a channel, or capped; on one page and for many at once."""
