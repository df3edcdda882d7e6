"""The programming interface under /api/v1/: doors for other programs, to the same verbs as the pages.

`tokens` know who asks, `doors` check and count, `problems` say what went wrong, `describing` writes the
OpenAPI; the other modules are the resources.
"""
