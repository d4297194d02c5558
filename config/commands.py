"""The commands that run this installation: the demo and docker-compose.yml start the same ones (a test compares them)."""

import sys
from pathlib import Path

PYTHON = sys.executable


def web(bind: str, *, workers: int = 2, threads: int = 4) -> list[str]:
    """The pages and the API. A worker is a process with a few threads; nothing is preloaded, so that one can be replaced."""
    options = ["--bind", bind, "--worker-class", "gthread", "--workers", str(workers), "--threads", str(threads)]
    options += ["--timeout", "60", "--graceful-timeout", "10", "--max-requests", "20000", "--no-control-socket"]
    return [PYTHON, "-m", "gunicorn", "config.wsgi:application", *options]


def worker(*, with_beat: bool = False, schedule: Path | None = None) -> list[str]:
    """Celery on threads: a slow export leaves the others running, and there is one process to keep in memory.

    `with_beat` puts the scheduler in the same command: right for one worker on one machine, wrong for two.
    """
    options = ["--pool", "threads", "--concurrency", "4", "--loglevel", "INFO", "--without-gossip", "--without-mingle"]
    if with_beat:
        options += ["--beat-thread", *(["--schedule", str(schedule)] if schedule else [])]
    return [PYTHON, "-m", "celery", "-A", "config", "worker", *options]


def beat(schedule: Path) -> list[str]:
    """The one scheduler of an installation with several workers."""
    return [PYTHON, "-m", "celery", "-A", "config", "beat", "--loglevel", "INFO", "--schedule", str(schedule)]


def mail_catcher(*, smtp: int, http: int, keep: Path, bind: str = "") -> list[str]:
    options = ["--smtp", str(smtp), "--http", str(http), "--keep", str(keep), *(["--bind", bind] if bind else [])]
    return [PYTHON, "-m", "config.mailcatcher", *options]


def manage(*arguments: str) -> list[str]:
    return [PYTHON, "manage.py", *arguments]


def health(process: str) -> list[str]:
    """Whether that process of this container is well: exit code 0."""
    return [PYTHON, "-m", "config.healthcheck", process]
