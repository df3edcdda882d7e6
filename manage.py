#!/usr/bin/env python
"""Command line door of Closeknit."""

from __future__ import annotations

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:  # Said in one line, like any refusal.
        sys.exit(f"Closeknit cannot start: {error}")
