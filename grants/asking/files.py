"""Questions answered with files: attachments that carry the question's key. There is no answer row beside them."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from core.errors import InvalidInput
from core.files import CSV, DOCX, JPEG, PDF, PNG, WORDS, XLSX
from grants.asking.base import Manner, Problem, over, plain, whole_setting
from grants.asking.specs import MOST_FILES, MOST_MB, Asked, QuestionSpec

TYPES: Mapping[str, str] = {"pdf": PDF, "docx": DOCX, "xlsx": XLSX, "csv": CSV, "png": PNG, "jpeg": JPEG}
TYPE_WORDS = {name: WORDS[content_type] for name, content_type in TYPES.items()}
USUAL_MB, MOST_PAGES = 20, 1_000


def allowed_types(asked: Asked) -> tuple[str, ...]:
    """Content types that the question takes; their bytes are looked at, not their names."""
    return tuple(TYPES[name] for name in asked.settings.get("types", ("pdf",)) if name in TYPES)


def most_files(asked: Asked) -> int:
    return int(asked.settings.get("most_files", 1))


def most_bytes(asked: Asked) -> int:
    return int(asked.settings.get("most_mb", USUAL_MB)) * 1024 * 1024


def rules_in_words(asked: Asked) -> str:
    """`PDF or Word (docx); at most 20 MB, 10 pages`: what is taken."""
    kinds: list[str] = [TYPE_WORDS[name] for name in asked.settings.get("types", ("pdf",)) if name in TYPES]
    words = _("%(kinds)s; at most %(mb)d MB") % {"kinds": _(" or ").join(kinds), "mb": most_bytes(asked) // 1024**2}
    if pages := asked.settings.get("most_pages"):
        words += _(", %(pages)d pages") % {"pages": pages}
    if (files := most_files(asked)) > 1:
        words += _(", %(files)d files") % {"files": files}
    return f"{words}."


class Files(Manner):
    """The value is the list of files: `{name, size, pages, content_type, …}` each."""

    def __init__(self) -> None:
        self.nothing: Any = []

    def settings(self, spec: QuestionSpec, place: str) -> dict[str, Any]:
        given = spec.settings.get("types") or ("pdf",)
        types = [name for name in TYPES if name in given] if isinstance(given, list | tuple | set | frozenset) else []
        if not types or set(map(str, given)) - set(TYPES):
            raise InvalidInput(
                _("“%(label)s”: choose which kinds of files are taken.") % {"label": spec.label},
                field=f"{place}-types",
            )
        return {
            "types": types,
            "most_mb": USUAL_MB,
            "most_files": 1,
            **whole_setting(spec, "most_mb", place, most=MOST_MB),
            **whole_setting(spec, "most_pages", place, most=MOST_PAGES),
            **whole_setting(spec, "most_files", place, most=MOST_FILES),
        }

    def clean(self, asked: Asked, value: Any, currency: str) -> Any:  # noqa: ARG002
        raise InvalidInput(_("“%(label)s” is answered by attaching a file.") % {"label": asked.label}, field=asked.key)

    def limits(self, asked: Asked, value: Any, currency: str) -> list[Problem]:  # noqa: ARG002
        names, found = {"question": asked.label}, []
        files: Sequence[Any] = [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else ()
        if len(files) > (most := most_files(asked)):
            found.append(over(_("“%(question)s” takes at most %(most)d files.") % {**names, "most": most}))
        for file in files:
            found += [over(words % {**names, "file": file.get("name", "")}) for words in _too_much(asked, file)]
        return found

    def text(self, asked: Asked, value: Any, currency: str) -> str:  # noqa: ARG002
        given = value if isinstance(value, list) else [value]
        return "\n".join(plain(one.get("name")) if isinstance(one, Mapping) else plain(one) for one in given)


def _too_much(asked: Asked, file: Mapping[str, Any]) -> list[str]:
    found = []
    if file.get("content_type") not in allowed_types(asked):
        found.append(_("“%(question)s”: “%(file)s” is of a kind that is not taken."))
    if (file.get("size") or 0) > most_bytes(asked):
        found.append(_("“%(question)s”: “%(file)s” is too large."))
    most = asked.settings.get("most_pages")
    if most and file.get("content_type") == PDF and (file.get("pages") or 0) > most:
        found.append(_("“%(question)s”: “%(file)s” has too many pages."))
    return found
