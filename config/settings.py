"""All settings. Production differs by environment variables only (see docs/operation.md)."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP
from django.utils.translation import gettext_lazy as _

from config import env

BASE_DIR = Path(__file__).resolve().parent.parent
VAR = Path(os.environ.get("VAR_DIR") or BASE_DIR / "var")
VAR.mkdir(mode=0o700, parents=True, exist_ok=True)  # Database, uploads and the secret: ours alone.

PRODUCTION = env.env_bool("PRODUCTION")
DEBUG = env.env_bool("DEBUG")
if PRODUCTION and DEBUG:
    raise ImproperlyConfigured("Set only one of PRODUCTION and DEBUG: debug pages show settings and data")
SECRET_KEY = env.env_secret("SECRET_KEY", VAR, production=PRODUCTION)
FIELD_KEYS = env.field_keys(VAR, production=PRODUCTION)
SITE_URL = env.address("SITE_URL", f"http://127.0.0.1:{os.environ.get('PORT', '8000')}", "http", "https")
ALLOW_LOCAL_LINKS = env.env_bool("ALLOW_LOCAL_LINKS")
SITE_HOST = urlsplit(SITE_URL).hostname or "127.0.0.1"
ALLOWED_HOSTS = [SITE_HOST, "localhost", "127.0.0.1", "[::1]"]
CSRF_TRUSTED_ORIGINS = [SITE_URL]
if PRODUCTION and urlsplit(SITE_URL).scheme != "https":
    raise ImproperlyConfigured("Set SITE_URL to the https:// address of the shop: production links need it")

INSTALLED_APPS = [
    "config",
    "crm",
    "segments",
    "feedback",
    "campaigns",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "django_htmx",
    "axes",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "crm.web.GuardMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "crm.web.SignInMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "crm.web.ShopMiddleware",
    "crm.web.SecondFactorMiddleware",
    "axes.middleware.AxesMiddleware",
]
CSRF_FAILURE_VIEW = "crm.views.errors.form_refused"
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "crm.web.shop",
            ],
            "builtins": [
                "crm.templatetags.crm_format",
                "django.templatetags.i18n",
                "django.templatetags.static",
            ],
        },
    },
]

DATABASES = {
    "default": env.database(os.environ.get("DATABASE_URL") or f"sqlite:///{VAR / 'closeknit.sqlite3'}")
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = env.address("REDIS_URL", "", "redis", "rediss", "unix")
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.filebased.FileBasedCache", "LOCATION": VAR / "cache"},
}

AUTH_USER_MODEL = "crm.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "crm:sign_in"
LOGIN_REDIRECT_URL = "crm:home"
LOGOUT_REDIRECT_URL = "crm:sign_in"
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = 0.25  # Hours.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_CLIENT_IP_CALLABLE = "crm.limits.address_of"
AXES_USERNAME_FORM_FIELD = "username"  # As the sign-in form calls it, whatever the model says.
AXES_LOCKOUT_TEMPLATE = "registration/locked.html"
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
SILENCED_SYSTEM_CHECKS = ["axes.W006"]  # One office behind one address must not lock everybody out.

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "config.formats"
USE_TZ = True
TIME_ZONE = "UTC"  # Stored in UTC; pages and rules use the time zone of the business profile.

STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
STATIC_ROOT.mkdir(exist_ok=True)  # Else the web server warns at each start.
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "crm.assets.PackageFinder",
]
NODE_MODULES = BASE_DIR / "node_modules"
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 3600
MEDIA_ROOT = VAR / "media"
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
FILE_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
FILE_UPLOAD_PERMISSIONS = 0o600

SECURE_CSP = {
    "default-src": [CSP.SELF],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    "font-src": [CSP.SELF],
    "frame-src": [CSP.SELF],
    "frame-ancestors": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "object-src": [CSP.NONE],
}
X_FRAME_OPTIONS = "SAMEORIGIN"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = PRODUCTION
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PRODUCTION else None
SECURE_HSTS_SECONDS = 31_536_000 if PRODUCTION else 0

TRUSTED_PROXIES = int(os.environ.get("TRUSTED_PROXIES") or 0)  # So many proxies in front say who asks.

MAIL_CONNECTION = env.mail(os.environ.get("EMAIL_URL", ""))  # Empty: the sandbox outbox.

CASE_FILES_MB = int(os.environ.get("CASE_FILES_MB") or 15)  # That go with one answer; servers take 20 to 25.

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["crm.api.tokens.TokenAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": [],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["crm.api.parsing.JsonParser"],
    "DEFAULT_SCHEMA_CLASS": "crm.api.describing.Schema",
    "EXCEPTION_HANDLER": "crm.api.problems.handle",
    "URL_FORMAT_OVERRIDE": None,
}
FEEDS_ROOT = Path(os.environ.get("FEEDS_DIR") or VAR / "incoming")  # Watched folders lie below it.
WEBHOOKS_MAY_REACH_PRIVATE = env.env_bool("WEBHOOKS_MAY_REACH_PRIVATE")  # A receiver in the own network.
EVENTS_PER_MINUTE = int(os.environ.get("EVENTS_PER_MINUTE", "30000"))  # Of the whole website,
EVENTS_PER_MINUTE_AND_ADDRESS = int(os.environ.get("EVENTS_PER_MINUTE_AND_ADDRESS", "600"))  # and of one.
SPECTACULAR_SETTINGS = {
    "TITLE": "Closeknit",
    "DESCRIPTION": "Customers, purchases, events and imports of one shop. See docs/api.md.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "COMPONENT_SPLIT_REQUEST": True,
    "PREPROCESSING_HOOKS": ["crm.api.describing.without_odd_methods"],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "crm.api.describing.add_limits",
    ],
}

QUEUE_FOLDER = VAR / "queue"
if not REDIS_URL:
    QUEUE_FOLDER.mkdir(parents=True, exist_ok=True)
CELERY_BROKER_URL = REDIS_URL or "filesystem://"
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {"visibility_timeout": 6 * 3600}
    if REDIS_URL
    else {
        "data_folder_in": str(QUEUE_FOLDER),
        "data_folder_out": str(QUEUE_FOLDER),
        "control_folder": str(VAR / "control"),
        "polling_interval": 0.2,
    }
)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_TIME_LIMIT = 2 * 3600

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": "config.logs.Discreet", "format": "{levelname} {name}: {message}", "style": "{"}
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "axes": {"level": "CRITICAL"},  # It would write e-mail addresses of people who mistype.
        "django.security.DisallowedHost": {"level": "CRITICAL"},
        "kombu.connection": {"level": "ERROR"},  # It misses a host name, which the file queue has not.
    },
}
