"""Settings come from the environment; the launcher sets it for the embedded servers, production for its own."""

import os
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from celery.schedules import crontab
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from core import logs
from oms import assets
from oms.roles import FLOOR as FLOOR
from oms.roles import GROUPS as GROUPS
from oms.roles import PERMISSIONS as PERMISSIONS
from oms.roles import ROLES as ROLES
from oms.roles import ROLES_AS_DELIVERED as ROLES_AS_DELIVERED

BASE_DIR = Path(__file__).resolve().parent.parent


def required(name: str) -> str:
    """A setting that has no default, because a default would be a hole."""
    value = os.environ.get(name, "")
    if not value:
        raise ImproperlyConfigured(f"Set {name} in the environment (the launcher does it for the embedded servers).")
    return value


def database(url: str) -> dict[str, Any]:
    """Django's settings for a postgres:// address."""
    parts = urlsplit(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": True,
        "OPTIONS": {
            "prepare_threshold": 5,
            "options": "-c lock_timeout=15s -c idle_in_transaction_session_timeout=120s"
            # Only core.db prepares statements (Django pastes its parameters in), and those go by keys whatever the
            # values: they are planned once, for disks on which a page found by an index costs what any page costs.
            " -c plan_cache_mode=force_generic_plan -c random_page_cost=1.1 -c jit=off"
            f" -c synchronous_commit={os.environ.get('OMS_SYNCHRONOUS_COMMIT', 'on')}",
        },
    }


DEMO = os.environ.get("OMS_DEMO") == "1"
DEMO_PASSWORD = "demo" if DEMO else ""  # shown on the sign-in page
DEBUG = os.environ.get("OMS_DEBUG") == "1"
SECRET_KEY = required("OMS_SECRET_KEY")
ALLOWED_HOSTS = os.environ.get("OMS_HOSTS", "localhost,127.0.0.1,[::1],testserver").split(",")
WEB_URL = os.environ.get("WEB_URL", "http://127.0.0.1:8000")
CSRF_TRUSTED_ORIGINS = [WEB_URL]
HTTPS = WEB_URL.startswith("https://")

DATABASES = {"default": database(required("DATABASE_URL"))}
REDIS_URL = required("REDIS_URL")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "oms",
    "backoffice",
    "analytics",
    "integrations",
    "tracking",
    "notifications",
    "returns",
    "fulfillment",
    "capture",
    "sourcing",
    "payments",
    "orders",
    "purchasing",
    "inventory",
    "customers",
    "catalog",
    "accounting",
    "core",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.forms",
    "django_htmx",
    "template_partials",
    "axes",
    "ninja",
]

MIDDLEWARE = [
    "core.tracing.Trace",
    "oms.api.middleware.api_problems",
    "django.middleware.security.SecurityMiddleware",
    "oms.assets.Assets",
    "django.middleware.gzip.GZipMiddleware",
    "core.middleware.security_headers",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "backoffice.reader.Activate",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "core.middleware.Problems",
    "core.people.middleware.signed_in_rules",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "oms.urls"
WSGI_APPLICATION = "oms.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "backoffice.context.shell",
                "core.jobs.context.shell",
            ],
            "builtins": ["core.templatetags.ui"],
        },
    }
]

FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
"""Widgets are drawn by our templates where we have one (templates/django/forms/widgets)."""

AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "/sign-in/"
LOGIN_REDIRECT_URL = "/start/"
LOGOUT_REDIRECT_URL = "/sign-in/"
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25
AXES_CLIENT_IP_CALLABLE = "core.throttle.address_of"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_VERBOSE = False
AXES_LOCKOUT_CALLABLE = "backoffice.people.sign_in.locked_out"
AXES_RESET_ON_SUCCESS = True

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("fr", _("French"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_TZ = True
TIME_ZONE = os.environ.get("OMS_TIME_ZONE", "Europe/Paris")

STATIC_URL = assets.address(BASE_DIR / "static" / "build")
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = True
WHITENOISE_ALLOW_ALL_ORIGINS = False
WHITENOISE_IMMUTABLE_FILE_TEST = assets.is_immutable

SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
SESSION_COOKIE_AGE = 24 * 3600  # from the last minute of use; roles end it sooner (core/people/middleware.py)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_REFERRER_POLICY = "same-origin"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576

FUNCTIONAL_CURRENCY = "EUR"
COMPANY = os.environ.get("OMS_COMPANY", "Maison Lumen")

PROVIDER_URL = os.environ.get("PROVIDER_URL", "")
PROVIDER_KEY = os.environ.get("PROVIDER_KEY", "sk_test_demo" if DEMO else "")
PROVIDER_WEBHOOK_SECRET = os.environ.get("PROVIDER_WEBHOOK_SECRET", "")
PROVIDER_TIMEOUT = float(os.environ.get("PROVIDER_TIMEOUT", "10"))

EMAIL_HOST = os.environ.get("EMAIL_HOST", "")
EMAIL_PORT = int(os.environ.get("EMAIL_PORT", "25"))
EMAIL_HOST_USER = os.environ.get("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = os.environ.get("EMAIL_USE_TLS") == "1"
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = os.environ.get("OMS_FROM_EMAIL", "orders@example.com")

CACHES = {
    "default": {
        "BACKEND": "core.cache.ForgivingRedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {"socket_connect_timeout": 0.3, "socket_timeout": 0.5},
    }
}

CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_TIME_LIMIT = 300
CELERY_TASK_SOFT_TIME_LIMIT = 240
# Each kind of work has workers of its own. The relay's own queue comes first where a worker takes several.
CELERY_TASK_DEFAULT_QUEUE = "work"
CELERY_TASK_ROUTES = {
    "core.run_jobs": {"queue": "jobs"},
    "inventory.apply_levels": {"queue": "jobs"},
    "inventory.apply_safety_rules": {"queue": "jobs"},
    "core.*": {"queue": "relay"},
    "payments.*": {"queue": "providers"},
    "fulfillment.watch_unpaid": {"queue": "providers"},
    "notifications.*": {"queue": "mail"},
}
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "queue_order_strategy": "priority",
    "visibility_timeout": 900,  # longer than any task; what a dead worker held is found again by its lease long before
    "socket_connect_timeout": 1,
    "socket_timeout": 5,
    "max_retries": 1,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker waits for its broker for ever
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    "relay": {"task": "core.relay", "schedule": 1.0, "options": {"expires": 5}},
    "settle-unknown-payments": {"task": "payments.settle_unknown", "schedule": 10.0, "options": {"expires": 10}},
    "release-strays": {"task": "payments.release_strays", "schedule": 3600.0, "options": {"expires": 3600}},
    "watch-unpaid-orders": {"task": "fulfillment.watch_unpaid", "schedule": 300.0, "options": {"expires": 300}},
    "cover-shortfalls": {"task": "fulfillment.cover_shortfalls", "schedule": 300.0, "options": {"expires": 300}},
    "settle-refused": {"task": "capture.settle_refused", "schedule": 300.0, "options": {"expires": 300}},
    "forget-refused": {"task": "capture.forget_refused", "schedule": 3600.0, "options": {"expires": 3600}},
    "sweep-backorders": {"task": "fulfillment.sweep_backorders", "schedule": 60.0, "options": {"expires": 60}},
    "watch-kept-stock": {"task": "fulfillment.watch_kept_stock", "schedule": 60.0, "options": {"expires": 60}},
    "watch-supply": {"task": "fulfillment.watch_supply", "schedule": 900.0, "options": {"expires": 900}},
    "roll-vendor-terms": {"task": "purchasing.roll_terms", "schedule": 300.0, "options": {"expires": 300}},
    "send-mail": {"task": "notifications.send_waiting", "schedule": 5.0, "options": {"expires": 10}},
    "park-unknown-work": {"task": "core.park_unknown", "schedule": 600.0, "options": {"expires": 600}},
    "forget-old-keys": {"task": "core.forget_old_keys", "schedule": 3600.0, "options": {"expires": 3600}},
    "search-catches-up": {"task": "backoffice.search_catches_up", "schedule": 900.0, "options": {"expires": 900}},
    "forget-done-deliveries": {
        "task": "core.forget_done_deliveries",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
    # Jobs of people. Every second, as a person waits; a worker that is busy lets the request go by.
    "run-jobs": {"task": "core.run_jobs", "schedule": 1.0, "options": {"expires": 2}},
    "apply-levels": {"task": "inventory.apply_levels", "schedule": 2.0, "options": {"expires": 4}},
    "watch-feeds": {"task": "inventory.watch_feeds", "schedule": 60.0, "options": {"expires": 60}},
    "watch-lots": {"task": "inventory.watch_lots", "schedule": 3600.0, "options": {"expires": 3600}},
    "forget-old-messages": {"task": "inventory.forget_old_messages", "schedule": 3600.0, "options": {"expires": 3600}},
    "propose-counts": {"task": "inventory.propose_counts", "schedule": crontab(hour=3, minute=20)},
    "level-stock": {"task": "inventory.level_stock", "schedule": crontab(hour=1, minute=20)},
    "apply-safety-rules": {"task": "inventory.apply_safety_rules", "schedule": crontab(hour=2, minute=10)},
    "forget-old-jobs": {"task": "core.forget_old_jobs", "schedule": 3600.0, "options": {"expires": 3600}},
    "forget-ended-sessions": {
        "task": "core.forget_ended_sessions",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
    # By night, beside the letters: of all work they can wait best while one of their workers reads everything.
    "check-books": {"task": "oms.check_books", "schedule": crontab(hour=1, minute=40), "options": {"queue": "mail"}},
    **{
        f"pulse-{queue}": {
            "task": "oms.pulse",
            "schedule": 15.0,
            "args": [queue],
            "options": {"queue": queue, "expires": 60},
        }
        for queue in ("relay", "work", "providers", "mail", "jobs")
    },
}

LOGGING = logs.configuration()
METRICS_TOKEN = os.environ.get("METRICS_TOKEN", "")
