"""The invented shop "Harbour & Leaf", to look around in before one's own data are there."""
