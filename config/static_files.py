"""Which static files the browser gets: packages bring hundreds that no page of ours asks for."""

from collections.abc import Iterable, Iterator
from fnmatch import fnmatch
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import AppDirectoriesFinder, FileSystemFinder
from django.core.files.storage import FileSystemStorage
from whitenoise.storage import CompressedManifestStaticFilesStorage

Found = Iterator[tuple[str, FileSystemStorage]]


def is_served(path: str) -> bool:
    """The last pattern of `settings.SERVED_FILES` that fits decides; with "!" before it, no. Where none fits, yes."""
    fitting = [pattern for pattern in settings.SERVED_FILES if fnmatch(path, pattern.lstrip("!"))]
    return not fitting or not fitting[-1].startswith("!")


class FolderFinder(FileSystemFinder):
    """Finds and lists only what is served, so that a test sees the same files as production."""

    def find_location(self, root: str, path: str, prefix: str | None = None) -> str | None:
        return super().find_location(root, path, prefix) if is_served(path) else None

    def list(self, ignore_patterns: Iterable[str] | None) -> Found:
        for path, storage in super().list(ignore_patterns):
            given: Any = storage
            if is_served(f"{given.prefix}/{path}" if given.prefix else path):
                yield path, storage


class AppFinder(AppDirectoriesFinder):
    """The same for the files inside apps."""

    def find_in_app(self, app: str, path: str) -> str | None:
        found: str | None = super().find_in_app(app, path) if is_served(path) else None
        return found

    def list(self, ignore_patterns: Iterable[str] | None) -> Found:
        return ((path, storage) for path, storage in super().list(ignore_patterns) if is_served(path))


class Storage(CompressedManifestStaticFilesStorage):
    """Names by content, files compressed. Source maps, megabytes for nobody but a package's authors, are not followed."""

    patterns = tuple(
        (files, tuple(found for found in patterns if "sourceMappingURL" not in str(found)))
        for files, patterns in CompressedManifestStaticFilesStorage.patterns
    )
