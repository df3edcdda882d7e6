"""Other programs, as tests need them: a client that carries a token."""

from __future__ import annotations

from typing import Any

from django.test import Client

from crm.api import tokens
from crm.models import User

ALL = list(tokens.SCOPES)


class Program:
    """Speaks JSON with a token's secret."""

    def __init__(self, secret: str) -> None:
        self.client = Client(headers={"Authorization": f"Bearer {secret}"} if secret else None)
        self.client.raise_request_exception = False

    def get(self, address: str, **headers: str) -> Any:
        return self.client.get(address, headers=headers)

    def send(self, address: str, body: Any, method: str = "post", **headers: str) -> Any:
        call = getattr(self.client, method)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return call(address, body, content_type="application/json", headers=named)


def program_of(user: User, *scopes: str) -> Program:
    return Program(tokens.issue("Till", user=user, scopes=scopes or ALL, by=user)[1])


def program_as(role: str, scope: str = "all") -> Program:
    user = User.objects.create_user(f"{role}.{scope}.api@teahouse.example", None, role=role, scope=scope)
    return program_of(user)
