"""Settings of the test suite: fast hasher, tasks at once, nothing written into the checkout's var/."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

os.environ.setdefault("VAR_DIR", tempfile.mkdtemp(prefix="closeknit-test-"))
os.environ["EMAIL_URL"] = ""

from config.settings import *

_worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
VAR = Path(os.environ["VAR_DIR"]) / _worker
VAR.mkdir(parents=True, exist_ok=True)
SECRET_KEY = "for-tests-only"
FIELD_KEYS = "for-tests-only"
SITE_URL = "http://testserver"
ALLOWED_HOSTS = ["*"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
MEDIA_ROOT = VAR / "media"
FEEDS_ROOT = VAR / "incoming"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True
WHITENOISE_AUTOREFRESH = True
if not os.environ.get("DATABASE_URL"):
    DATABASES["default"]["TEST"] = {"NAME": str(VAR / "test.sqlite3")}
