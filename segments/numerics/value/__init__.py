"""Customer value: who will buy again, how often and for how much, from nothing but past purchases."""
