"""Where customers stand with the shop, and the way they took there."""
