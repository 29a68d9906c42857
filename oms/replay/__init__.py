"""Replays a file of past orders through the same services as live ones: capture, route, ship, deliver, take back."""
