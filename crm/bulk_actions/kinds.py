"""The actions that can be done to many customers at once. Apps above register theirs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.utils.functional import Promise

from crm import access
from crm.access import Right
from crm.models import Journal, User


@dataclass(frozen=True, slots=True)
class Task:
    """What an action needs to work at some customers: its options, when, by whom, and where to note it."""

    options: dict[str, Any]
    at: datetime
    by: User | None
    journal: Journal


type Work = Callable[[Task, Sequence[int]], int]


@dataclass(frozen=True, slots=True)
class Action:
    """`form` asks what is needed (its cleaned data, as JSON, are the options); `work` does some customers.

    `work` runs in a transaction, may run again after a crash only for customers it has not done, keeps in the
    journal what it changes, and returns how many it changed.
    """

    key: str
    label: str | Promise
    icon: str
    right: Right
    form: Callable[[User, Any], forms.Form]
    title: Callable[[dict[str, Any]], str]
    work: Work
    warning: str | Promise = ""
    dangerous: bool = False


_registered: dict[str, Action] = {}


def register(action: Action) -> Action:
    """Offer `action` in the list of customers; called when an app is ready."""
    _registered[action.key] = action
    return action


def offered(user: User) -> list[Action]:
    return [one for one in _registered.values() if access.may(user, one.right)]


def known(key: str) -> Action | None:
    return _registered.get(key)
