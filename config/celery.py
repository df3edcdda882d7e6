"""The Celery application and the whole schedule, in one table."""

from __future__ import annotations

import os

from celery import Celery
from celery.schedules import crontab

from config import file_queue

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
file_queue.use()

app = Celery("closeknit")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.conf.beat_schedule = {
    "send what is due": {"task": "crm.tasks.dispatch_due", "schedule": 10, "options": {"expires": 10}},
    "find what a killed worker left": {
        "task": "crm.tasks.reclaim_lost",
        "schedule": 30,
        "options": {"expires": 30},
    },
    "tell other programs": {
        "task": "crm.tasks.deliver_webhooks",
        "schedule": 10,
        "options": {"expires": 10},
    },
    "resume stalled imports": {
        "task": "crm.tasks.resume_stalled_imports",
        "schedule": 30,
        "options": {"expires": 30},
    },
    "resume stalled actions on many": {
        "task": "crm.tasks.resume_stalled_bulk",
        "schedule": 30,
        "options": {"expires": 30},
    },
    "resume stalled exports": {
        "task": "crm.tasks.resume_stalled_exports",
        "schedule": 60,
        "options": {"expires": 60},
    },
    "start and finish campaigns": {
        "task": "campaigns.tasks.advance_campaigns",
        "schedule": 15,
        "options": {"expires": 15},
    },
    "tell people from machines": {
        "task": "campaigns.tasks.judge_hits",
        "schedule": 15,
        "options": {"expires": 15},
    },
    "send thanks": {"task": "campaigns.tasks.send_thanks", "schedule": 60, "options": {"expires": 60}},
    "count reports ahead": {
        "task": "campaigns.tasks.count_ahead",
        "schedule": 60,
        "options": {"expires": 60},
    },
    "find stalled calculations": {
        "task": "segments.tasks.resume_stalled_runs",
        "schedule": 60,
        "options": {"expires": 60},
    },
    "let segments follow": {
        "task": "segments.tasks.follow_changes",
        "schedule": 20,
        "options": {"expires": 20},
    },
    "tell of answers": {"task": "feedback.tasks.tell_answers", "schedule": 5, "options": {"expires": 5}},
    "understand comments": {
        "task": "feedback.tasks.read_comments",
        "schedule": 30,
        "options": {"expires": 30},
    },
    "ask unhappy customers again": {
        "task": "feedback.tasks.ask_again",
        "schedule": 60,
        "options": {"expires": 60},
    },
    "watch scores": {"task": "feedback.tasks.watch_scores", "schedule": crontab(minute=35)},
    "nightly refresh": {"task": "segments.tasks.nightly_refresh", "schedule": crontab(minute=7)},
    "ask customers": {"task": "feedback.tasks.ask_customers", "schedule": 300, "options": {"expires": 300}},
    "look after unhappy people who left": {
        "task": "feedback.tasks.follow_up_left",
        "schedule": 600,
        "options": {"expires": 600},
    },
    "look after cases": {"task": "crm.tasks.look_after_cases", "schedule": 60, "options": {"expires": 60}},
    "look for duplicates": {
        "task": "crm.tasks.look_for_duplicates",
        "schedule": crontab(hour=3, minute=40),
    },
    "resume searches and merges of duplicates": {
        "task": "crm.tasks.resume_duplicates",
        "schedule": 60,
        "options": {"expires": 60},
    },
    "move sensitive values": {
        "task": "crm.tasks.resume_sensitive",
        "schedule": 300,
        "options": {"expires": 300},
    },
    "look into mailboxes": {"task": "crm.tasks.check_mailboxes", "schedule": 60, "options": {"expires": 60}},
    "work in messages of shops": {
        "task": "crm.tasks.work_in_shop_events",
        "schedule": 30,
        "options": {"expires": 30},
    },
    "look into watched sources": {
        "task": "crm.tasks.look_into_feeds",
        "schedule": 60,
        "options": {"expires": 60},
    },
    "judge the data": {"task": "crm.tasks.check_quality_nightly", "schedule": crontab(hour=3, minute=55)},
    "resume judging the data": {
        "task": "crm.tasks.resume_quality",
        "schedule": 60,
        "options": {"expires": 60},
    },
    "renew subscriptions": {"task": "crm.tasks.renew_subscriptions", "schedule": crontab(minute=25)},
    "keep no longer than wanted": {
        "task": "crm.tasks.keep_no_longer",
        "schedule": crontab(hour="0-3", minute=45),  # Before old files are cleared, which packs SQLite.
    },
    "clear old files and sessions": {"task": "crm.tasks.clear_old", "schedule": crontab(hour=4, minute=20)},
}
