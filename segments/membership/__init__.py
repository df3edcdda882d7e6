"""Who is in a segment: chosen by hand, on a past day, over time, in several at once."""
