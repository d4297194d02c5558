"""`python -m config.embedded start|stop|status`: the two servers alone, for development. `make services` calls it."""

import sys
from collections.abc import Callable

from config.embedded import layout
from config.embedded.postgres import Postgres, ServerFailed
from config.embedded.valkey import Valkey


def start() -> None:
    postgres, valkey = Postgres(), Valkey()
    for name, started in (("PostgreSQL", postgres.start(layout.DATABASE)), ("Valkey", valkey.start())):
        print(f"{name} {'started' if started else 'was already running'}.")
    print(f"  {layout.database_url()}\n  {layout.redis_url()}")


def stop() -> None:
    for name, stopped in (("Valkey", Valkey().stop()), ("PostgreSQL", Postgres().stop())):
        print(f"{name} {'stopped' if stopped else 'was not running'}.")


def status() -> None:
    for name, up in (("PostgreSQL", Postgres().running()), ("Valkey", Valkey().running())):
        print(f"{name}: {'up' if up else 'down'}")


COMMANDS: dict[str, Callable[[], None]] = {"start": start, "stop": stop, "status": status}


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or arguments[0] not in COMMANDS:
        print(f"usage: python -m config.embedded {'|'.join(COMMANDS)}", file=sys.stderr)
        return 2
    try:
        COMMANDS[arguments[0]]()
    except (ServerFailed, PermissionError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
