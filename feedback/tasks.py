"""Doors for the worker."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from feedback import answers, reading, reasking, targets, telling
from feedback.asking import running


@shared_task
def read_comments() -> None:
    """Understand the comments that are new; one reader at a time, and a dead one is followed."""
    reading.work(timezone.now())


@shared_task
def tell_answers() -> None:
    """Let the ledger, cases and rules hear of what was answered; what is told is told once."""
    telling.tell_news()


@shared_task
def ask_customers() -> None:
    """Ask and remind whomever the automatic questions would; harmless when repeated."""
    running.run_all(now=timezone.now())


@shared_task
def follow_up_left() -> None:
    """Look after those who gave a bad score and left before the last page."""
    answers.follow_up_left(now=timezone.now())


@shared_task
def ask_again() -> None:
    """Ask those again whose trouble was put right some days ago; what was not sent waits as it was."""
    reasking.ask_due(timezone.now())


@shared_task
def watch_scores() -> None:
    """Say it once when a score falls below its target, and again only after it had recovered."""
    targets.check(timezone.now())
