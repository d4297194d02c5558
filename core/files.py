"""Files that people send: read once, sniffed, named safely, kept once under their SHA-256, given back only as downloads."""

import codecs
import hashlib
import os
import re
import unicodedata
import zipfile
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import puremagic
from django.core.files import File
from django.core.files.storage import Storage, default_storage
from django.http import FileResponse
from django.utils.translation import gettext as _

from core.errors import InvalidInput
from core.models import StoredFile, storage_name, uuid7

LARGEST = 50 * 1024 * 1024
LONGEST_NAME = 200
BLOCK = 1 << 20
SNIFFED = 1 << 16

PDF = "application/pdf"
CSV = "text/csv"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ODT = "application/vnd.oasis.opendocument.text"
TXT = "text/plain"
ZIP = "application/zip"
PNG = "image/png"
JPEG = "image/jpeg"
ENDINGS = {
    PDF: ("pdf",),
    CSV: ("csv", "txt"),
    DOCX: ("docx",),
    XLSX: ("xlsx",),
    PNG: ("png",),
    JPEG: ("jpg", "jpeg"),
    ODT: ("odt",),
    TXT: ("txt",),
    ZIP: ("zip",),
}
WORDS = {
    PDF: "PDF",
    CSV: "CSV",
    DOCX: "Word (docx)",
    XLSX: "Excel (xlsx)",
    PNG: "PNG",
    JPEG: "JPEG",
    ODT: "OpenDocument (odt)",
    TXT: "TXT",
    ZIP: "ZIP",
}
# Formats that are text themselves: what is one of them is no plain text or table. Signatures of others mean nothing in a
# file that is text throughout: some are four letters long, and stand in ordinary words.
WRITTEN = frozenset(
    {
        *("text/html", "application/xhtml+xml", "image/svg+xml", "text/xml", "application/xml"),
        *("application/pdf", "application/rtf", "text/rtf", "application/postscript"),
        *("text/x-shellscript", "application/x-sh", "application/javascript", "text/javascript"),
    }
)
# The part that tells a Word from an Excel file: to a sniffer both are zip files.
ARCHIVES = {DOCX: "word/document.xml", XLSX: "xl/workbook.xml", ZIP: ""}


class UnusableFile(InvalidInput):
    """What was sent is empty, too large, or not what it may be; the message says which."""

    code = "unusable_file"


@dataclass(frozen=True)
class Kept:
    """Content that lies in the storage. The names are those of `StoredFile`: `Attachment(**vars(kept), …)`."""

    name: str
    sha256: str
    size: int
    content_type: str


def store(
    upload: File[bytes],
    *,
    allowed: Collection[str] = (PDF,),
    largest: int = LARGEST,
    field: str | None = None,
    storage: Storage | None = None,
) -> Kept:
    """Keep what was uploaded. What it is told to be is not believed: its bytes must show one of the `allowed` types.

    `largest` is in bytes. The content appears under its digest whole or not at all. A transaction that fails later leaves
    content that no row names, which nobody can reach. Raises `UnusableFile`.
    """
    sha256, size = _measured(upload, largest, field)
    content_type = sniffed(upload, allowed)
    if content_type is None:
        words = ", ".join(WORDS[kind] for kind in allowed)
        raise UnusableFile(_("This file is not what it may be. Send: %(kinds)s.") % {"kinds": words}, field=field)
    _keep(upload, storage_name(sha256), size, storage or default_storage)
    return Kept(safe_name(upload.name or "", content_type), sha256, size, content_type)


def _measured(upload: File[bytes], largest: int, field: str | None) -> tuple[str, int]:
    """(SHA-256, bytes), reading no more than `largest`."""
    digest, size = hashlib.sha256(), 0
    upload.seek(0)
    while block := upload.read(BLOCK):
        size += len(block)
        if size > largest:
            limit = f"{largest / 1024 / 1024:.3g}"
            raise UnusableFile(_("The file is larger than %(limit)s MB.") % {"limit": limit}, field=field)
        digest.update(block)
    if size == 0:
        raise UnusableFile(_("The file is empty."), field=field)
    return digest.hexdigest(), size


def sniffed(file: IO[bytes] | File[bytes], allowed: Collection[str]) -> str | None:
    """The first of the `allowed` types that the bytes show, or None: name Word and Excel before ZIP, which both are.

    CSV and plain text look alike: name the one that is meant.
    """
    file.seek(0)
    start = file.read(SNIFFED)
    try:
        seen = {match.mime_type for match in puremagic.magic_string(start)}
    except (puremagic.PureError, ValueError):
        seen = set()
    for kind in allowed:
        if kind in ARCHIVES:
            if kind in seen and _has_part(file, ARCHIVES[kind]):
                return kind
        elif kind == ODT:
            if _says_of_itself(file, ODT):
                return kind
        elif kind in {CSV, TXT}:
            if not seen & WRITTEN and _is_text(start):
                return kind
        elif kind in seen:
            return kind
    return None


def _has_part(file: IO[bytes] | File[bytes], part: str) -> bool:
    """Whether it is an archive with that part ("": any archive). Only its table of contents is read, nothing unpacked."""
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as archive:
            return not part or part in archive.namelist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError):
        return False


def _says_of_itself(file: IO[bytes] | File[bytes], kind: str) -> bool:
    """OpenDocument names its kind in the archive's first part, which is stored as it is: at byte 38, after its name."""
    file.seek(0)
    start = file.read(38 + len(kind) + 4)
    says = start[:4] == b"PK\x03\x04" and start[30:38] == b"mimetype" and start[38 : 38 + len(kind)] == kind.encode()
    return says and start[38 + len(kind) :][:2] == b"PK" and _has_part(file, "content.xml")


def _is_text(start: bytes) -> bool:
    """Whether a file begins as `core.csvfile` reads it; a character cut by the end of the sample does no harm."""
    utf16 = start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = codecs.getincrementaldecoder("utf-16" if utf16 else "utf-8-sig")().decode(start)
    except UnicodeDecodeError:
        return False
    return not any(character < " " and character not in "\t\n\r\f\v" for character in text)


# --- keeping ---------------------------------------------------------------------------------------------------------
def _keep(upload: File[bytes], name: str, size: int, storage: Storage) -> None:
    if storage.exists(name) and storage.size(name) == size:
        return
    upload.seek(0)
    try:
        target = Path(storage.path(name))
    except NotImplementedError:
        _keep_remote(upload, name, storage)
    else:
        _keep_local(upload, target, storage)


def _keep_remote(upload: File[bytes], name: str, storage: Storage) -> None:
    """An object store shows an object when it is whole. Who comes second with the same content takes his copy back."""
    saved = storage.save(name, upload)
    if saved != name:
        storage.delete(saved)


def _keep_local(upload: File[bytes], target: Path, storage: Storage) -> None:
    """Written aside, flushed to the disk, then renamed: a crash leaves the whole file or none under its name."""
    aside = storage.save(f"incoming/{uuid7()}", upload)
    try:
        written = Path(storage.path(aside))
        _flush(written)
        target.parent.mkdir(parents=True, exist_ok=True)
        written.replace(target)
        _flush(target.parent)
    except BaseException:
        storage.delete(aside)
        raise


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# --- names -----------------------------------------------------------------------------------------------------------
def safe_name(name: str, content_type: str = "") -> str:
    """A file's name for showing and saving: no path, nothing invisible or turning the text round, 200 characters at most.

    It ends as its type does: content that is a PDF is not saved as `.html`, whatever it was called.
    """
    plain = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    plain = "".join(" " if c.isspace() else c for c in plain if c.isspace() or unicodedata.category(c)[0] != "C")
    plain = re.sub(r'[<>:"|?*]', "_", " ".join(plain.split())).strip(". ")
    stem, _dot, ending = plain.rpartition(".")
    endings = ENDINGS.get(content_type, ())
    if not stem or (endings and ending.lower() not in endings) or len(ending) > 10:
        stem, ending = plain, endings[0] if endings else ""
    ending = f".{ending}" if ending else ""
    return (stem[: LONGEST_NAME - len(ending)].strip(". ") or _("file")) + ending


def serve(stored: StoredFile, storage: Storage | None = None) -> FileResponse:
    """The file as a download. Ask the owner's permission first: this asks nobody.

    Nothing in it runs in our origin: attachment, no sniffing, a sandbox should a browser show it after all; not cached.
    """
    content = (storage or default_storage).open(stored.storage_name, "rb")
    response = download(content, stored.name, stored.content_type)
    response["Content-Length"] = str(stored.size)
    return response


def download(content: Any, name: str, content_type: str) -> FileResponse:
    """`content` (an open binary file) as a download under `name`, with the same care as `serve`."""
    response = FileResponse(content, as_attachment=True, filename=safe_name(name), content_type=content_type)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "no-store, private"
    return response
