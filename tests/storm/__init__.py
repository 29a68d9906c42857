"""Thousands of orders through the whole running system, while everything that can fail does."""
