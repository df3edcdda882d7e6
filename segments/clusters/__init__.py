"""The clustering laboratory: columns, runs, evidence, names and the rule that describes a cluster."""
