"""`python -m config.healthcheck web|worker|beat|mail`: exit code 0 where that process of this container is well."""

import os
import socket
import sys
import time
import urllib.request
from collections.abc import Callable

from config.celery import app
from config.embedded import layout

PATIENCE = 5  # seconds for an answer
STALE = 600  # seconds: beat writes its schedule down every three minutes
WEB, SMTP = 8000, 1025


def web() -> bool:
    """The site can do its work. Asks by a name that it answers to."""
    host = os.environ.get("ALLOWED_HOSTS", "").split(",")[0].lstrip(".") or "localhost"
    request = urllib.request.Request(f"http://127.0.0.1:{WEB}/readyz", headers={"Host": host})
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310
        return bool(answer.status == 200)


def worker() -> bool:
    """The worker on this host answers through the broker."""
    return bool(app.control.inspect([f"celery@{socket.gethostname()}"], timeout=PATIENCE).ping())


def beat() -> bool:
    """The scheduler wrote its schedule down lately."""
    kept = list(layout.VAR.glob("beat/schedule*"))
    return bool(kept) and time.time() - max(path.stat().st_mtime for path in kept) < STALE


def mail() -> bool:
    socket.create_connection(("127.0.0.1", SMTP), PATIENCE).close()
    return True


CHECKS: dict[str, Callable[[], bool]] = {"web": web, "worker": worker, "beat": beat, "mail": mail}


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or arguments[0] not in CHECKS:
        print(f"usage: python -m config.healthcheck {'|'.join(CHECKS)}", file=sys.stderr)
        return 2
    try:
        well = CHECKS[arguments[0]]()
    except OSError as error:  # refused, cut off, or an HTTP error
        print(error, file=sys.stderr)
        well = False
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
