"""Learning a chance or a number from columns: learners kept as plain numbers, judged without favour."""
