"""Forms of feedback: what customers fill in, and what staff edit."""
