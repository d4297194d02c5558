"""Puts the run on a data folder of its own and hands over to `bench.run`: the place is read when settings are imported."""

import os
import sys

from config.embedded import layout

OTHER_SERVERS = ("DATABASE_URL", "REDIS_URL", "ALLIANCE_ENV", "DEBUG", "SITE_URL", "S3_BUCKET")

if __name__ == "__main__":
    environment = {name: value for name, value in os.environ.items() if name not in OTHER_SERVERS}
    environment |= {"ALLIANCE_VAR": str(layout.VAR / "bench"), "LOG_LEVEL": "ERROR"}
    command = [sys.executable, "-m", "bench.run", *sys.argv[1:], "--into", str(layout.VAR)]
    os.execve(sys.executable, command, environment)  # noqa: S606 - a command of our own making
