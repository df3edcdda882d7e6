"""Personas: who the people of a group are, what, when and how they buy, and how to treat them."""
