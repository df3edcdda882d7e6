"""Groups by recency, frequency and money: cut points, maps, moves, and what is said of them."""
