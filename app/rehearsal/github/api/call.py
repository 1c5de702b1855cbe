"""One API request as its handler sees it, and the answer it gives. It knows no transport."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from app.rehearsal.github import refusals
from app.rehearsal.github.context import Context
from app.rehearsal.github.store.repositories import Repository

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.rehearsal.github.git.bare import BareRepository

DEFAULT_PAGE_SIZE = 30
MOST_PER_PAGE = 100


class Body:
    """The JSON object of a request, read member by member.

    What does not fit is refused as GitHub refuses it.
    """

    def __init__(self, members: Mapping[str, Any]) -> None:
        self._members = members

    @classmethod
    def parse(cls, raw: bytes) -> Body:
        """Read a request's body; an empty one is an object without members.

        Raises:
            RefusedError: 400 when it is not a JSON object.
        """
        if not raw.strip():
            return cls({})
        try:
            members = json.loads(raw)
        except (ValueError, RecursionError) as error:
            raise refusals.RefusedError(400, "Problems parsing JSON") from error
        if not isinstance(members, dict):
            raise refusals.RefusedError(400, "Body should be a JSON object")
        return cls(members)

    def has(self, name: str) -> bool:
        """Tell whether a member was sent, null or not."""
        return name in self._members

    def text(self, name: str) -> str:
        """A text that must be there."""
        value = self.optional_text(name)
        if value is None:
            raise refusals.unprocessable(f'Invalid request.\n\n"{name}" wasn\'t supplied.')
        return value

    def optional_text(self, name: str) -> str | None:
        """A text, or None when it is missing or null."""
        value = self._members.get(name)
        if value is not None and not isinstance(value, str):
            raise _mistyped(name, value, "string")
        return value

    def optional_number(self, name: str) -> int | None:
        """A whole number, or None when it is missing or null."""
        value = self._members.get(name)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
            raise _mistyped(name, value, "integer")
        return value

    def flag(self, name: str, *, default: bool) -> bool:
        """A boolean."""
        value = self._members.get(name, default)
        if not isinstance(value, bool):
            raise _mistyped(name, value, "boolean")
        return value

    def texts(self, name: str) -> list[str]:
        """A list of texts; missing is empty."""
        value = self._members.get(name)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise _mistyped(name, value, "array")
        return value

    def numbers(self, name: str) -> list[int]:
        """A list of whole numbers; missing is empty."""
        value = self._members.get(name)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(item, int) for item in value):
            raise _mistyped(name, value, "array")
        return value

    def part(self, name: str) -> Body:
        """An object within; missing is one without members."""
        value = self._members.get(name)
        if value is not None and not isinstance(value, dict):
            raise _mistyped(name, value, "object")
        return Body(value or {})

    def parts(self, name: str) -> list[Body]:
        """A list of objects; missing is empty."""
        value = self._members.get(name)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise _mistyped(name, value, "array")
        return [Body(item) for item in value]

    def mapping(self, name: str) -> dict[str, str]:
        """An object whose members are texts; missing is empty."""
        value = self._members.get(name)
        if value is None:
            return {}
        if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
            raise _mistyped(name, value, "object")
        return value

    def raw(self, name: str) -> Any:
        """A member as it was sent."""
        return self._members.get(name)


def _mistyped(name: str, value: Any, wanted: str) -> refusals.RefusedError:
    article = "an" if wanted[0] in "aeio" else "a"
    return refusals.unprocessable(
        f"Invalid request.\n\nFor 'properties/{name}', {json.dumps(value)[:100]} is not"
        f" {article} {wanted}."
    )


@dataclass(frozen=True)
class Call:
    """A request: where it goes, what it carries, and the context it is served in."""

    context: Context
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Body
    place: Repository | None

    @property
    def repository(self) -> Repository:
        """The repository that the path names; routes without one never ask."""
        if self.place is None:
            raise refusals.not_found()
        return self.place

    @property
    def git(self) -> BareRepository:
        """The git side of that repository."""
        return self.context.git(self.repository)

    def number(self, name: str) -> int:
        """A number in the path; anything else cannot be found."""
        text = self.path[name]
        if not (text.isascii() and text.isdigit() and len(text) < 19):  # noqa: PLR2004 - SQLite's largest integer has 19 digits
            raise refusals.not_found()
        return int(text)


@dataclass(frozen=True)
class Reply:
    """An answer: the status, the JSON value (None for no body), further headers.

    (page, last page) of a list.
    """

    status: int
    value: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    pages: tuple[int, int] | None = None


def page_of(call: Call) -> tuple[int, int]:
    """Read `page` and `per_page`: the page counts from 1, its size is at most 100."""
    return _bounded(call.query.get("page"), 1, 10_000_000), _bounded(
        call.query.get("per_page"), DEFAULT_PAGE_SIZE, MOST_PER_PAGE
    )


def _bounded(text: str | None, default: int, most: int) -> int:
    if text is None or not (text.isascii() and text.isdigit()):
        return default
    return min(max(int(text[:9]), 1), most)


def paged(
    call: Call,
    rows: Sequence[Any],
    view: Callable[[Any], Any],
    *,
    wrap: Callable[[list[Any], int], Any] | None = None,
) -> Reply:
    """Answer with one page of `rows`, each shown by `view`.

    A Link header to the other pages.
    """
    page, size = page_of(call)
    shown = [view(row) for row in rows[(page - 1) * size : page * size]]
    last = max(1, -(-len(rows) // size))
    return Reply(200, wrap(shown, len(rows)) if wrap else shown, pages=(page, last))
