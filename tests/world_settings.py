"""Settings of the processes that load and serve the demo world for the tests: the tests' own, on a database of its own."""

import os

from tests.settings import *  # noqa: F403

DATABASES["default"]["NAME"] = os.environ["WORLD_DATABASE"]  # noqa: F405
MEDIA_ROOT = layout.VAR / "files-world"  # noqa: F405
REDIS_URL = CELERY_BROKER_URL = layout.redis_url(60)  # noqa: F405  (no test's worker reads this queue)
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
ALLOWED_HOSTS = ["127.0.0.1"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
