"""Django's settings of the hub: one file for every environment, driven by the HUB_* variables of hub.env."""

from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from django.urls import reverse_lazy

from hub import env, theme

BASE_DIR = env.BASE_DIR
HUB = env.read_settings()

HUB_DATA_DIR: Path = env.data_folder(HUB["HUB_DATA_DIR"])
HUB_HOST: str = HUB["HUB_HOST"]
HUB_PORT: int = HUB["HUB_PORT"]
HUB_OWN_URL: str = env.own_url(HUB_HOST, HUB_PORT)
HUB_PUBLIC_URL: str = HUB["HUB_PUBLIC_URL"] or HUB_OWN_URL
HUB_IS_PUBLIC: bool = bool(HUB["HUB_PUBLIC_URL"])  # whether somebody said how others reach the hub
HUB_WEB_PROCESSES: int = HUB["HUB_WEB_PROCESSES"]
HUB_WEB_THREADS: int = HUB["HUB_WEB_THREADS"]
HUB_REQUEST_SECONDS: float = HUB["HUB_REQUEST_SECONDS"]
HUB_WORKERS: int = HUB["HUB_WORKERS"]
HUB_DELIVERY_THREADS: int = HUB["HUB_DELIVERY_THREADS"]
HUB_POLL_SECONDS: float = HUB["HUB_POLL_SECONDS"]
HUB_HINTED_POLL_SECONDS: float = HUB["HUB_HINTED_POLL_SECONDS"]
HUB_TRUSTED_PROXIES: list[str] = HUB["HUB_TRUSTED_PROXIES"]
HUB_DEMO: bool = HUB["HUB_DEMO"]
HUB_ALLOWED_NETWORKS: list[str] = HUB["HUB_ALLOWED_NETWORKS"]
# The demo delivers to its own receiver: the hub may call itself, at its own address and port, and nothing else there.
HUB_ALLOWED_ORIGINS: list[str] = sorted({HUB_OWN_URL, HUB_PUBLIC_URL}) if HUB_DEMO else []
# What the supervisor of `manage.py hub` calls about every second; it answers with the parts to restart.
HUB_TICK = "syncconfig.watch.tick"
HUB_KEEP_DAYS: int = HUB["HUB_KEEP_DAYS"]
HUB_NOTICE_TO: list[str] = HUB["HUB_NOTICE_TO"]
HUB_NOTICE_URL: str = HUB["HUB_NOTICE_URL"]
HUB_NOTICE_SECRET: str = HUB["HUB_NOTICE_SECRET"]
HUB_EMAIL_URL: str = HUB["HUB_EMAIL_URL"]
HUB_EMAIL_FROM: str = HUB["HUB_EMAIL_FROM"]
vars().update(env.email(HUB_EMAIL_URL))  # Django's EMAIL_*
HUB_METRICS_TOKEN: str = HUB["HUB_METRICS_TOKEN"]
HUB_ADMIN_PASSWORD: str = HUB["HUB_ADMIN_PASSWORD"]

# Where the demo's connection points; empty means the embedded Odoo. See syncconfig.demo.
HUB_ODOO = {
    name: HUB[f"HUB_ODOO_{name.upper()}"] for name in ("url", "database", "login", "password", "api_key", "transport")
}
HUB_EMBEDDED_ODOO: Path = HUB_DATA_DIR / "odoo.sqlite3"

SECRET_KEY = HUB["HUB_SECRET_KEY"] or env.kept_secret(HUB_DATA_DIR / "secret_key", env.new_secret_key)
HUB_ENCRYPTION_KEYS: list[str] = env.encryption_keys(HUB["HUB_ENCRYPTION_KEYS"], HUB_DATA_DIR)
DEBUG: bool = HUB["HUB_DEBUG"]

_public = urlsplit(HUB_PUBLIC_URL)
ALLOWED_HOSTS = sorted(
    {"127.0.0.1", "localhost", "[::1]", HUB_HOST, _public.hostname or "", *HUB["HUB_ALLOWED_HOSTS"]} - {""}
)
CSRF_FAILURE_VIEW = "hub.pages.csrf_failure"
CSRF_TRUSTED_ORIGINS = [f"{_public.scheme}://{_public.netloc}"]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _public.scheme == "https"
SESSION_COOKIE_NAME = f"hub_session_{HUB_PORT}"  # cookies know no ports: two hubs on one host would log each other out
CSRF_COOKIE_NAME = f"hub_csrf_{HUB_PORT}"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if HUB_TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

INSTALLED_APPS = [
    "hub",  # first, for its templates go before Unfold's
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular_sidecar",  # Swagger UI's files, and nothing else
    "django_q",
    "apilog",
    "syncconfig",
    "webhooks",
]

MIDDLEWARE = [
    "hub.proxies.TrustedProxiesMiddleware",
    "hub.api.trace.TraceMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "hub.csp.ContentSecurityPolicyMiddleware",
    "hub.api.body.WholeBodyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "hub.urls"
WSGI_APPLICATION = "hub.wsgi.application"
APPEND_SLASH = False  # the API's addresses have no slash at the end, and a redirected POST loses its body

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

DATABASES = {"default": env.database(HUB["HUB_DATABASE_URL"], HUB_DATA_DIR)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = reverse_lazy("admin:login")
LOGIN_REDIRECT_URL = reverse_lazy("admin:index")

LANGUAGE_CODE = "en"
FORMAT_MODULE_PATH = ["hub.formats"]
TIME_ZONE = HUB["HUB_TIME_ZONE"]
USE_TZ = True
STATIC_URL = "static/"
WHITENOISE_USE_FINDERS = True  # serves the apps' own files: no collectstatic before the first start
WHITENOISE_AUTOREFRESH = False

DATA_UPLOAD_MAX_MEMORY_SIZE: int = HUB["HUB_MAX_BODY_MB"] * 1024 * 1024  # the web server's limit, too
HUB_MAX_FILE_BYTES: int = HUB["HUB_MAX_FILE_MB"] * 1024 * 1024

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["hub.api.parsers.StrictJSONParser"],
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": [],
    "EXCEPTION_HANDLER": "hub.api.errors.envelope_handler",
    "UNAUTHENTICATED_USER": None,
    "URL_FORMAT_OVERRIDE": None,  # ?format= is a parameter like any other that there is not
}

# Hubs that share a Redis must not take each other's tasks: the queue is named after the database.
_queue = sha256(str(DATABASES["default"]["NAME"]).encode()).hexdigest()[:8]

# Tasks carry ids only; each can run twice without harm. `retry` must exceed `timeout`.
Q_CLUSTER = {
    "name": f"hub-{_queue}",
    "workers": HUB_WORKERS,
    "timeout": 300,
    "retry": 360,
    "max_attempts": 3,
    "ack_failures": True,
    "poll": 0.2,
    "queue_limit": 50,
    "save_limit": 200,
    "catch_up": False,
    "label": "Queue",
    "recycle": 2000,
    "orm": "default",  # with Redis: where tasks go while that is away
    "broker_class": "hub.broker.RedisQueue" if HUB["HUB_BROKER_URL"] else "hub.broker.DatabaseQueue",
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "trace": {"()": "hub.api.trace.TraceFilter"},
        "one_line": {"()": "hub.api.trace.OneLineFilter"},
        "outages": {"()": "hub.outages.OutageFilter"},
    },
    "formatters": {"line": {"format": "{asctime} {levelname} {name} [{trace_id}] {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["trace", "outages"]}},
    "root": {"handlers": ["console"], "level": HUB["HUB_LOG_LEVEL"]},
    "loggers": {
        "django.request": {"level": "ERROR"},
        "django.security": {"filters": ["one_line"]},
        "django.security.DisallowedHost": {"filters": ["one_line"]},
        "django-q": {"level": "WARNING"},
        "waitress": {"level": "WARNING"},
        "waitress.queue": {"level": "ERROR"},  # a request that waits for a thread is nothing to write about
    },
}

UNFOLD = theme.UNFOLD
