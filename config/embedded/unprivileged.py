"""PostgreSQL refuses to run as root. Where we are root, this runs it as somebody who is not, leaving no trace behind."""

import ctypes
import functools
import os
import pwd
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

CLONE_NEWUSER = 0x10000000
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Identity:
    """Who the server runs as. `enter` runs in the child before its program; `owner` (uid, gid) owns its folders."""

    enter: Callable[[], None]
    owner: tuple[int, int] | None = None


def _stay() -> None:
    """An ordinary user runs the server as themselves."""


def _enter_user_namespace() -> None:
    """Root outside is user 1000 inside: the files stay ours, and the server sees that it is not root."""
    if _libc.unshare(CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text("1000 0 1\n")
    Path("/proc/self/gid_map").write_text("1000 0 1\n")


def _namespaces_work() -> bool:
    try:
        # The child only unshares and runs `true`; no thread of ours holds a lock that it could need.
        return subprocess.run(["true"], preexec_fn=_enter_user_namespace, check=False).returncode == 0  # noqa: S607
    except (subprocess.SubprocessError, OSError):
        return False


def _become(uid: int, gid: int) -> Callable[[], None]:
    def become() -> None:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)

    return become


@functools.cache
def server_identity() -> Identity:
    """As an ordinary user: oneself. As root: a user namespace, else the account `postgres`, else `nobody`."""
    if os.geteuid() != 0:
        return Identity(_stay)
    if not os.environ.get("EMBEDDED_WITHOUT_NAMESPACE") and _namespaces_work():
        return Identity(_enter_user_namespace)
    for name in ("postgres", "nobody"):
        try:
            account = pwd.getpwnam(name)
        except KeyError:
            continue
        return Identity(_become(account.pw_uid, account.pw_gid), (account.pw_uid, account.pw_gid))
    raise RuntimeError("PostgreSQL does not run as root, and there is no other account here. Run this as a user.")
