"""Settings under pytest: the project's own, on embedded servers of the tests' alone, under `test/` of the data folder.

These lines run before anything of the project reads where its data is.
"""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# xdist's workers inherit what their controller set, and must not nest a `test` in its `test`.
os.environ.setdefault("ALLIANCE_TEST_VAR", str(Path(os.environ.get("ALLIANCE_VAR", ROOT / "var")).resolve() / "test"))
os.environ["ALLIANCE_VAR"] = os.environ["ALLIANCE_TEST_VAR"]
for name in ("DATABASE_URL", "REDIS_URL", "ALLIANCE_ENV", "DEBUG", "SECRET_KEY", "SITE_URL"):
    os.environ.pop(name, None)  # tests never touch a server of one's own

from config.embedded import layout  # noqa: E402
from config.settings import *  # noqa: E402, F403

WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
REDIS_URL = CELERY_BROKER_URL = layout.redis_url(WORKER)  # a queue for each worker
DATABASES["default"]["CONN_MAX_AGE"] = 0  # noqa: F405
DATABASES["default"]["TEST"] = {"NAME": f"test_{layout.DATABASE}{os.environ.get('PYTEST_DB_SUFFIX', '')}"}  # noqa: F405
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}  # noqa: F405
(layout.VAR / "static").mkdir(parents=True, exist_ok=True)  # WhiteNoise warns of a folder that is not there
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.MD5PasswordHasher"
]  # hundreds of people are made; argon2 is slow by design
MEDIA_ROOT = layout.VAR / f"files-{WORKER}"
LOGGING = {**LOGGING, "root": {"handlers": ["console"], "level": "WARNING"}}  # noqa: F405
