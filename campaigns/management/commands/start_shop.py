"""What `make run` does before the servers start: the demo shop into an empty database, and where to go."""

from __future__ import annotations

import os
from typing import Any

from django.conf import settings
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand

from crm import accounts
from crm.models import Business, Customer, User
from segments.models import CustomerFeatures


class Command(BaseCommand):
    requires_system_checks = ()  # `migrate` just ran them.
    help = "Load the demo shop into an empty database (unless DEMO=0), and say where to sign in."

    def handle(self, *args: Any, **options: Any) -> None:
        if self._wants_demo() and "load_demo" in get_commands():
            self.stdout.write("Loading the invented demo shop; this takes a moment.")
            self.stdout.flush()
            call_command("load_demo", stdout=self.stderr)
        elif self._demo_is_stale():
            self.stdout.write("Bringing the figures of the demo shop up to today.")
            self.stdout.flush()
            call_command("refresh", stdout=self.stderr)
        self._say_where()

    def _wants_demo(self) -> bool:
        asked = os.environ.get("DEMO", "1") != "0"
        return asked and not User.objects.exists() and not Customer.objects.exists()

    def _demo_is_stale(self) -> bool:
        if not Customer.objects.filter(is_demo=True).exists():
            return False
        known = CustomerFeatures.objects.order_by().values_list("as_of", flat=True).first()
        return known is None or known < Business.current().today()

    def _say_where(self) -> None:
        host, port = os.environ.get("HOST") or "127.0.0.1", os.environ.get("PORT") or "8000"
        shown = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104 - only compared.
        self.stdout.write(f"\n  Closeknit opens at http://{shown}:{port}")
        if login := accounts.demo_login():
            self.stdout.write(f"  Sign in with {login[0]} and {login[1]}")
        elif not User.objects.exists():
            self.stdout.write("  Open the address to set up your shop.")
            if settings.PRODUCTION:
                self.stderr.write(f"  Your set-up code: {accounts.set_up_code()}")
        self.stdout.write("")
