"""Watches after each refresh whether figures, segments and models have left their usual range."""
