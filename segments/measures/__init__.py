"""How the shop is doing: cohorts, measures with their definitions, forecasts, and what drifts."""
