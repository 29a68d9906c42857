"""The demo company "Maison Lumen": its data and pure, seeded generators of what happens to it."""
