"""Segments follow what happens: whom a change touched, and sorting these customers anew."""
