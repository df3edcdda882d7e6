"""Asking by itself: after a purchase, after a solved case, every so often."""
