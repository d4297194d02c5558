"""Settings for every way this runs. See `docs/operating.md` for the variables.

With neither DATABASE_URL nor REDIS_URL set, the embedded servers under `var/` are used ("embedded"). With both set this
is a production installation, and it refuses to start half-configured, unless ALLIANCE_ENV=development says otherwise.
"""

import contextlib
import datetime as dt
import os
import secrets
from pathlib import Path
from typing import Any

import django_stubs_ext
import environ
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy

from config.beat import SCHEDULE
from config.embedded import layout

django_stubs_ext.monkeypatch()  # lets `Field[…]` and `ModelAdmin[…]` be written at run time too

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = layout.VAR
env = environ.Env()

# --- which installation this is ------------------------------------------------------------------------------------
OWN_SERVERS = ("DATABASE_URL" in env.ENVIRON, "REDIS_URL" in env.ENVIRON)
if any(OWN_SERVERS) and not all(OWN_SERVERS):
    raise ImproperlyConfigured("Set both DATABASE_URL and REDIS_URL, or neither (then the embedded servers are used).")
EMBEDDED = not any(OWN_SERVERS)
ENVIRONMENT = env("ALLIANCE_ENV", default="embedded" if EMBEDDED else "production")
if ENVIRONMENT not in {"embedded", "development", "production"}:
    raise ImproperlyConfigured("ALLIANCE_ENV is one of: embedded, development, production.")
PRODUCTION = ENVIRONMENT == "production"
DEBUG = env.bool("DEBUG", default=False)


def _local_secret() -> str:
    """A secret of this folder's own, made on first use: good for the embedded servers, never for production."""
    path = VAR_DIR / "secret_key"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f"{path.name}.{os.getpid()}")
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_urlsafe(50))
        with contextlib.suppress(FileExistsError):  # several processes start at once: the first one's counts
            path.hardlink_to(fresh)
        fresh.unlink()
    return path.read_text()


SECRET_KEY = env("SECRET_KEY", default="") or ("" if PRODUCTION else _local_secret())
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[] if PRODUCTION else ["localhost", "127.0.0.1", "[::1]"])
SITE_URL = env("SITE_URL", default="http://localhost:8000").rstrip("/")
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[SITE_URL])


def _refuse_unsafe_production() -> None:
    """A production installation with a default secret, DEBUG or open hosts must not come up at all."""
    weak = ("change-me", "changeme", "secret", "django-insecure")
    if len(SECRET_KEY) < 50 or len(set(SECRET_KEY)) < 10 or SECRET_KEY.lower().startswith(weak):
        raise ImproperlyConfigured("SECRET_KEY is missing, short or a default. Set 50 random characters.")
    if DEBUG:
        raise ImproperlyConfigured("DEBUG is on. Production shows no tracebacks: unset DEBUG.")
    if not ALLOWED_HOSTS or "*" in ALLOWED_HOSTS:
        raise ImproperlyConfigured("ALLOWED_HOSTS is empty or '*'. Name the host names that this site answers to.")


if PRODUCTION:
    _refuse_unsafe_production()

# --- applications, low to high (docs/architecture.md) ---------------------------------------------------------------
OUR_APPS = [
    "core",
    "accounts",
    "audit",
    "notifications",
    "universities",
    "funds",
    "alliance",
    "grants",
    "reviews",
    "awards",
    "reports",
    "demo",
]
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "django.forms",
    *OUR_APPS,
    "django.contrib.admin",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "pgtrigger",
    "django_htmx",
    "django_cotton",
    "django_filters",
    "django_countries",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "csp",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "core.middleware.PrivatePagesMiddleware",
    "accounts.middleware.ReaderTimeZoneMiddleware",
    "audit.middleware.OriginMiddleware",
    "core.middleware.DomainErrorMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
FORM_RENDERER = "core.renderers.Renderer"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["core.templatetags.ui"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "config.navigation.context",
            ],
        },
    },
]
COTTON_DIR = "components"

# --- database: PostgreSQL only ------------------------------------------------------------------------------------
DATABASE_URL = env("DATABASE_URL", default=layout.database_url())
_database = environ.Env.db_url_config(DATABASE_URL)
if EMBEDDED:
    _database["HOST"] = str(layout.socket_folder(layout.postgres_data()))
DATABASES = {
    "default": {
        **_database,
        "ENGINE": "django.db.backends.postgresql",
        "ATOMIC_REQUESTS": False,
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {**_database.get("OPTIONS", {}), "application_name": env("APPLICATION_NAME", default="alliance")},
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- broker and tasks: a row in PostgreSQL is the queue of record, Celery only wakes it -----------------------------
REDIS_URL = env("REDIS_URL", default=layout.redis_url())
CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    # Whoever wakes a worker must not be held up by a broker that is away (by default it is waited for, six seconds).
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.1,
    "interval_max": 0.1,
    "socket_connect_timeout": 2,
}
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0.1, "interval_max": 0.2}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_TASK_ALWAYS_EAGER = False
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "celerybeat-schedule")
CELERY_BEAT_SCHEDULE = SCHEDULE
# Nothing but the limits of sign-in is kept here. In the database, so that they count for all web processes and hosts
# together, and so that nobody is shut out while the broker is away.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "accounts_signinlimit",  # made by a migration of `accounts`
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

# --- people --------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "front"
ACCOUNT_ADAPTER = "notifications.adapter.OutboxAccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_SIGNUP_FORM_CLASS = "accounts.forms.SignUpForm"  # the name and the time zone
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_CHANGE_EMAIL = True  # one address each, replaced once the new one is confirmed
ACCOUNT_EMAIL_NOTIFICATIONS = True  # a changed password, address or second factor is told to the person
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_CONFIRM_EMAIL_ON_GET = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_RATE_LIMITS = {"login": "120/m/ip"}  # a university behind one address, on the day of a deadline
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if SITE_URL.startswith("https") else "http"
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_ALLOW_UNVERIFIED_EMAIL = (
    True  # an address on its way to be confirmed and a second factor do not shut each other out
)
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"

# --- universities --------------------------------------------------------------------------------------------------
COUNTRIES_OVERRIDE = {"XK": "Kosovo"}  # a code in wide use that ISO 3166 leaves to its users
# New bank details are used so long after their second person confirmed them: time for the office to object.
BANK_COOL_OFF = dt.timedelta(hours=env.int("BANK_COOL_OFF_HOURS", default=72))

# --- mail ----------------------------------------------------------------------------------------------------------
EMAIL_BACKEND = env("EMAIL_BACKEND", default="django.core.mail.backends.smtp.EmailBackend")
EMAIL_HOST = env("EMAIL_HOST", default="127.0.0.1")
EMAIL_PORT = env.int("EMAIL_PORT", default=1025)
EMAIL_HOST_USER = env("EMAIL_HOST_USER", default="")
EMAIL_HOST_PASSWORD = env("EMAIL_HOST_PASSWORD", default="")
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", default=False)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default="Alliance Fund <no-reply@alliance.example>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# --- language, time ------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True
USE_THOUSAND_SEPARATOR = True
FILTERS_EMPTY_CHOICE_LABEL = gettext_lazy("All")  # what a filter shows that is not set

# --- files ---------------------------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
NODE_MODULES = BASE_DIR / "node_modules"
STATICFILES_DIRS = [
    BASE_DIR / "static",
    ("tabler", NODE_MODULES / "@tabler" / "core" / "dist"),
    ("inter", NODE_MODULES / "@fontsource-variable" / "inter"),
    ("serif", NODE_MODULES / "@fontsource-variable" / "source-serif-4"),
    ("echarts", NODE_MODULES / "echarts" / "dist"),
]
STATICFILES_FINDERS = ["config.static_files.FolderFinder", "config.static_files.AppFinder"]
SERVED_FILES = [  # the last pattern that fits decides; "!" is a no
    "!tabler/*",
    "tabler/css/tabler.min.css",
    "tabler/js/tabler.min.js",
    "!echarts/*",
    "echarts/echarts.min.js",
    "!drf_spectacular_sidecar/*",
    "drf_spectacular_sidecar/swagger-ui-dist/swagger-ui.css",
    "drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js",
    "drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-standalone-preset.js",
    "drf_spectacular_sidecar/swagger-ui-dist/favicon-32x32.png",
    "!rest_framework/*",
    "!flags/*",
    "!*.map",
]
MEDIA_ROOT = VAR_DIR / "files"  # outside the web root: served only through a permission check
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "config.static_files.Storage"},
}
if env("S3_BUCKET", default=""):
    STORAGES["default"] = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": env("S3_BUCKET"),
            "endpoint_url": env("S3_ENDPOINT_URL", default=None),
            "querystring_auth": True,
        },
    }
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 3_000  # a budget of the 400 lines that it may have is one form of 2,000
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

# --- security headers ----------------------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
if PRODUCTION:
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]  # who watches asks without TLS
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = env.bool("SECURE_COOKIES", default=True)
    SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31_536_000)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("SECURE_HSTS_INCLUDE_SUBDOMAINS", default=True)
    if env.bool("BEHIND_TLS_PROXY", default=False):
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
        MIDDLEWARE.insert(0, "config.proxy.ClientAddressMiddleware")

# --- API -----------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.tokens.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": "config.api.KeysetPagination",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": [
        "config.api.StrictJSONParser",
        "rest_framework.parsers.MultiPartParser",
    ],
    "EXCEPTION_HANDLER": "core.api_errors.api_exception_handler",
    "COERCE_DECIMAL_TO_STRING": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Alliance Fund API",
    "DESCRIPTION": "Everything that the pages do, for programs. Sign in with a session or an API token.",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "StaffRoleEnum": "accounts.models.Role",
        "OfficeRoleEnum": "universities.models.OfficeMember.Kind",
        "AwardStatusEnum": "awards.models.Award.Status",
        "SlateStatusEnum": "awards.models.Slate.Status",
        "MemberKindEnum": "alliance.models.Member.Kind",
        "ConflictKindEnum": "reviews.models.Conflict.Kind",
        "StageKindEnum": "grants.models.Stage.Kind",
        "QuestionKindEnum": "grants.models.Question.Kind",
        "CallStatusEnum": "grants.models.Call.Status",
        "EligibilityRuleKindEnum": "grants.models.EligibilityRule.Kind",
        "BudgetBaseEnum": "grants.models.BudgetRules.Base",
        "RateBaseEnum": "universities.models.IndirectRate.Base",
        "CostCategoryEnum": "grants.models.Category",
        "ProposalStatusEnum": "grants.models.Proposal.Status",
    },
}

# --- logs ----------------------------------------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "plain",
            "level": env("LOG_LEVEL", default="INFO"),
        }
    },
    "root": {"handlers": ["console"], "level": env("LOG_LEVEL", default="INFO")},
}
# W021: to be on the browsers' preload list is for the owner of the whole domain to decide, and hard to take back.
SILENCED_SYSTEM_CHECKS = ["security.W021"]
