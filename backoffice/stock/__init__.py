"""What the product's stock page tells beyond stock: channels, orders and their work."""
