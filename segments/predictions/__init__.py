"""A yes or a number foretold from the profile: asked, compared, kept as a score with reasons."""
