"""Tags that the program gives by itself: classes of customers with a score, a reason and a limit to move."""
