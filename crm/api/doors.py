"""What every door of the API checks before it opens: token, scope, role, size, how often; and masking."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, ClassVar

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from crm import limits, masking
from crm.access import Right, may
from crm.api import idempotency
from crm.api.parsing import LARGEST, JsonParser
from crm.api.problems import Problem
from crm.api.tokens import TokenAuthentication
from crm.models import ApiToken, User

PER_MINUTE = 600
READING = frozenset({"GET", "HEAD", "OPTIONS"})


class Door(APIView):
    """One address of the API. `scopes` and `rights` say by method what a token, and its role, must have."""

    access: ClassVar[str] = "api"
    authentication_classes = (TokenAuthentication,)
    permission_classes = ()
    parser_classes: tuple[type[BaseParser], ...] = (JsonParser,)
    scopes: ClassVar[dict[str, str]] = {}
    rights: ClassVar[dict[str, Right]] = {}
    once: ClassVar[bool] = True  # May be repeated with an Idempotency-Key, in one transaction.
    largest: ClassVar[int] = LARGEST

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Callable[..., HttpResponseBase]:  # type: ignore[override]
        view = login_not_required(super().as_view(**initkwargs))
        view.access = cls.access  # type: ignore[attr-defined]
        return view

    @property
    def user(self) -> User:
        assert isinstance(self.request.user, User)
        return self.request.user

    @property
    def token(self) -> ApiToken:
        assert isinstance(self.request.auth, ApiToken)
        return self.request.auth

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with ExitStack() as self.stack:
            return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Everything is checked here, in the order in which it tells least to strangers."""
        super().initial(request, *args, **kwargs)
        if request.method not in self.allowed_methods:
            raise exceptions.MethodNotAllowed(str(request.method))
        self.check_size(request)
        self.check_token(request)
        masked = getattr(request.user, "role", "") == User.Role.ANALYST
        self.stack.enter_context(masking.applied(masked))
        self._repeatable(request)

    def check_token(self, request: Request) -> None:
        if not isinstance(request.auth, ApiToken):
            raise exceptions.NotAuthenticated
        self.use = limits.use(f"token:{request.auth.pk}", limit=PER_MINUTE, seconds=60, now=time.time())
        if self.use.exceeded:
            raise exceptions.Throttled(wait=self.use.reset)
        method = str(request.method)
        method = (
            "GET" if method in READING else method
        )  # HEAD tells sizes, names and that something is there.
        scope = self.scopes.get(method, "")
        if scope and scope not in request.auth.scopes:
            raise Problem("not_allowed", _("The token lacks the scope %(scope)s.") % {"scope": scope})
        right = self.rights.get(method)
        if right and not may(request.user, right):
            raise Problem("not_allowed", _("Whom this token acts as may not do that."))

    def check_size(self, request: Request) -> None:
        size = str(request.META.get("CONTENT_LENGTH") or "0")
        if size.isascii() and size.isdigit() and len(size) < 16 and int(size) > self.largest:
            raise Problem("too_large", _("At most %(n)d bytes.") % {"n": self.largest})

    def _repeatable(self, request: Request) -> None:
        """Let a POST run in one transaction, answered once per Idempotency-Key."""
        if request.method != "POST" or not self.once:
            return
        handler: Callable[..., Response] = self.post  # type: ignore[has-type]

        def post(asked: Request, *args: Any, **kwargs: Any) -> Response:
            return idempotency.once(asked, self.token, lambda: handler(asked, *args, **kwargs))

        self.post = post

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        found = super().finalize_response(request, response, *args, **kwargs)
        found.headers.setdefault("Cache-Control", "no-store")
        if use := getattr(self, "use", None):
            found.headers["RateLimit-Limit"] = str(use.limit)
            found.headers["RateLimit-Remaining"] = str(use.left)
            found.headers["RateLimit-Reset"] = str(use.reset)
        return found

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, RequestDataTooBig):
            exc = Problem("too_large")
        return super().handle_exception(exc)
