"""What the start page tells: figures, charts, what needs attention, what runs, and the loop."""
