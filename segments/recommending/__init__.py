"""What suits whom and what goes together, with the reason, beside the best-sellers."""
