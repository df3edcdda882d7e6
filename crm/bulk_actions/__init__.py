"""One action on many customers: asked for, frozen, worked through in the background, undone."""
