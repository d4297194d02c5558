"""Where the embedded servers keep their data and sockets. Pure paths: importing this starts nothing."""

import hashlib
import os
import stat
import tempfile
from pathlib import Path
from urllib.parse import quote

ROOT = Path(__file__).resolve().parent.parent.parent
VAR = Path(os.environ.get("ALLIANCE_VAR", ROOT / "var")).resolve()
DATABASE = "alliance"

# A socket's whole path must fit `sun_path` (108 bytes); the longest name put in a folder is `.s.PGSQL.5432.lock`.
LONGEST_SOCKET_FOLDER = 85


def socket_folder(data: Path) -> Path:
    """The folder for a server's sockets: its data folder, or a short private one where that path is too long."""
    if len(str(data).encode()) <= LONGEST_SOCKET_FOLDER:
        return data
    digest = hashlib.sha256(str(data).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"alliance-{os.getuid()}-{digest}"


def postgres_data() -> Path:
    return VAR / "postgres"


def valkey_data() -> Path:
    return VAR / "valkey"


def database_url(name: str = DATABASE, *, data: Path | None = None) -> str:
    """Connection URL of the embedded PostgreSQL, over its Unix socket."""
    return f"postgresql://postgres@/{name}?host={quote(str(socket_folder(data or postgres_data())), safe='/')}"


def valkey_socket(data: Path | None = None) -> Path:
    return socket_folder(data or valkey_data()) / "valkey.sock"


def redis_url(database: int = 0) -> str:
    """Broker URL of the embedded Valkey, over its Unix socket."""
    return f"redis+socket://{quote(str(valkey_socket()), safe='/')}?virtual_host={database}"


def make_private(folder: Path, *, owner: tuple[int, int] | None = None) -> None:
    """Have `folder`, for its owner alone. Refuses one that somebody else put there (a shared /tmp invites that)."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    ours = {os.getuid(), *(owner[:1] if owner else ())}
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in ours:
        raise PermissionError(f"{folder} is not ours: remove it, or set ALLIANCE_VAR to another place.")
    folder.chmod(0o700)
    if owner:
        os.chown(folder, *owner)
