"""Folders and addresses that are looked into on a schedule; each new content becomes an ordinary import."""
