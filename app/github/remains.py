"""What our App has left on an issue, known by its markers. It reads nothing that they vouch for."""

import re

from app.github.answers import CommentAnswer
from app.github.client import GitHubClients
from app.github.paging import PER_PAGE, all_pages
from app.github.purposes import Purpose
from phases.core.model import Repository

MOST_PAGES = 10
TRACKER = "tracker"
MARKER = re.compile(r"<!-- phaseline:comment (?P<owner>\S+) (?P<key>\S+) -->")


def wrote(app_id: int, comment: CommentAnswer) -> bool:
    """Tell whether a comment is our App's: anybody may paste a marker."""
    via = comment.performed_via_github_app
    return via is not None and via.id == app_id


class Remains:
    """Looks for the trackers of one App."""

    def __init__(self, clients: GitHubClients, *, app_id: int) -> None:
        self._clients = clients
        self._app_id = app_id

    async def has_tracker(self, repository: Repository, issue: int) -> bool:
        """Tell whether a tracker of ours stands on an issue, whether or not its run is known.

        Raises:
            TransientError, BlockedError, RefusedByGitHubError: as `GitHubApi.read` does.
        """
        comments = await all_pages(
            self._clients.of(repository, Purpose.READ),
            CommentAnswer,
            lambda rest, page: rest.issues.async_list_comments(
                repository.owner, repository.name, issue, per_page=PER_PAGE, page=page
            ),
            most_pages=MOST_PAGES,
        )
        ours = (comment.body or "" for comment in comments if wrote(self._app_id, comment))
        return any(m["key"] == TRACKER for body in ours for m in MARKER.finditer(body))
