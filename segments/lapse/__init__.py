"""Who may not come back: learned from the past, judged on a later period, told in words."""
