"""What GitHub says of who edited a comment last, also where it says nothing."""

from typing import Any

import pytest
import respx

from app.github.answers import CommentAnswer
from app.github.client import GitHubApi
from app.github.editors import GHOST, other_editor
from phases.core.errors import BlockedError, TransientError
from tests.app.github.parts import START

GRAPHQL = "http://github.test/api/graphql"
COMMENT = CommentAnswer(
    id=1, node_id="IC_1", html_url="http://github.test/x#1", created_at=START, updated_at=START
)
OURSELVES = {"__typename": "Bot", "login": "phaseline"}
EDITED = "2026-11-02T09:31:00Z"


def words(editor: dict[str, str] | None, at: str | None) -> dict[str, Any]:
    said = {"lastEditedAt": at, "author": OURSELVES, "editor": editor}
    return {"data": {"node": {"__typename": "IssueComment", **said}}}


@pytest.mark.parametrize(
    ("editor", "at", "other"),
    [
        (None, None, None),
        (OURSELVES, EDITED, None),
        ({"__typename": "User", "login": "maintainer"}, EDITED, "maintainer"),
        # A person may be called as the App is.
        ({"__typename": "User", "login": "phaseline"}, EDITED, "phaseline"),
        (None, EDITED, GHOST),
    ],
)
async def test_the_words_of_a_comment_are_its_authors_or_somebodys(
    github: respx.MockRouter,
    api: GitHubApi,
    editor: dict[str, str] | None,
    at: str | None,
    other: str | None,
) -> None:
    """Attack 59."""
    github.post(GRAPHQL).respond(json=words(editor, at))

    assert await other_editor(api, COMMENT) == other


@pytest.mark.parametrize(
    ("kind", "error"), [("NOT_FOUND", BlockedError), ("RATE_LIMITED", TransientError)]
)
async def test_where_github_does_not_say_nothing_is_believed(
    github: respx.MockRouter, api: GitHubApi, kind: str, error: type[Exception]
) -> None:
    told = {"data": None, "errors": [{"type": kind, "message": "Something\nis wrong"}]}
    github.post(GRAPHQL).respond(json=told)

    with pytest.raises(error, match="Something is wrong"):
        await other_editor(api, COMMENT)
