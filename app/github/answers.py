"""The few fields that we read of GitHub's answers; everything else in them is ignored.

An answer without them is not one of GitHub's: something else answered, and may not the next time.
"""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, TypeAdapter, ValidationError

from phases.core.errors import TransientError

T = TypeVar("T")


class Answer(BaseModel):
    """A part of an answer: tolerant of what it does not know."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class UserAnswer(Answer):
    """Somebody, or something, that wrote."""

    id: int
    login: str
    type: str = "User"


class AppAnswer(Answer):
    """The App through which something was written."""

    id: int


class CommentAnswer(Answer):
    """A comment in a conversation."""

    id: int
    node_id: str
    html_url: str
    body: str | None = None
    user: UserAnswer | None = None
    created_at: AwareDatetime
    updated_at: AwareDatetime
    performed_via_github_app: AppAnswer | None = None


class LabelAnswer(Answer):
    """A label's name."""

    name: str


class IssueAnswer(Answer):
    """An issue, or a pull request seen as one."""

    number: int
    title: str
    body: str | None = None
    user: UserAnswer | None = None
    updated_at: AwareDatetime
    pull_request: dict[str, Any] | None = None


class IssueEventAnswer(Answer):
    """Something that happened to an issue."""

    event: str = ""
    created_at: AwareDatetime | None = None
    actor: UserAnswer | None = None
    label: LabelAnswer | None = None


class PermissionAnswer(Answer):
    """What a person may do in a repository; `permission` is the older, coarser word."""

    permission: str
    role_name: str = ""
    user: UserAnswer | None = None


class ObjectAnswer(Answer):
    """A git object by its hash."""

    sha: str


class RefAnswer(Answer):
    """A git ref and what it points at."""

    object: ObjectAnswer


class CommitAnswer(Answer):
    """A git commit."""

    sha: str
    message: str
    tree: ObjectAnswer


class HeadAnswer(Answer):
    """The branch of a pull request."""

    ref: str
    sha: str


class PullAnswer(Answer):
    """A pull request."""

    number: int
    node_id: str
    html_url: str
    state: str
    draft: bool = False
    merged_at: AwareDatetime | None = None
    title: str = ""
    body: str | None = None
    head: HeadAnswer


class EntryAnswer(Answer):
    """A file or folder in a listing."""

    name: str
    path: str
    type: str
    size: int = 0


class FileAnswer(Answer):
    """A file with its content in base64."""

    content: str = ""
    encoding: str = ""


class RemoteAnswer(Answer):
    """Anything that GitHub gave an id."""

    id: int


def understood(shape: type[T], answer: Any) -> T:
    """Return an answer in our shape.

    Raises:
        TransientError: when it has another.
    """
    try:
        return TypeAdapter(shape).validate_python(answer)
    except ValidationError as error:
        name = getattr(shape, "__name__", "answer")
        raise TransientError(f"what came back from GitHub is no {name}") from error
