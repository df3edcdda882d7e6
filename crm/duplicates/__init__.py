"""Who is perhaps in the shop's books twice: candidates, comparison, confidence with reasons, groups."""
