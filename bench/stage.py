"""One stage of the benchmark in a process of its own: `python -m bench.stage NAME SIZE`."""

from __future__ import annotations

import importlib
import json
import os
import sys

import django


def main(name: str, size: str) -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    stage = importlib.import_module(f"bench.{name}")
    for figure in stage.figures(size):
        print(json.dumps({**figure, "ratio": round(figure["value"] / figure["limit"], 3)}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
