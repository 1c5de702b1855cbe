"""What phases await of GitHub: the request, the draft, its description, the flip.

Comments and reactions do not pass here: they go through the outbox.
"""

from app.github.client import GitHubClients
from app.github.drafts import Draft
from app.github.errors import RefusedByGitHubError
from app.github.pulls import Pulls, as_pull_request, full_text, text_below
from app.github.purposes import Purpose
from app.github.ready import flip
from app.github.request import frozen_request
from phases.core.errors import BlockedError, DefectError
from phases.core.model import PullRequest, Request, Run


class GitHubForge:
    """The port `Forge` on GitHub's API."""

    def __init__(self, clients: GitHubClients, *, label: str) -> None:
        self._clients = clients
        self._label = label

    async def freeze_request(self, run: Run) -> Request:
        """Return title and body of the signed delivery with the comments that stood before it."""
        try:
            return await frozen_request(self._clients, run, self._label)
        except RefusedByGitHubError as refusal:
            raise BlockedError(f"The issue could not be read. {refusal}") from refusal

    async def open_draft(self, run: Run, title: str, body: str) -> tuple[str, str, PullRequest]:
        """Create branch, empty commit and draft pull request, each only when it is not there.

        Return branch, head, PR.

        Raises:
            BlockedError: when the repository's rules refuse it; the message quotes them.
        """
        api = self._clients.of(run.repository, Purpose.PROPOSE)
        branch, head, pull = await Draft(api, run).open(title, body)
        return branch, head, as_pull_request(pull)

    async def describe_pull_request(self, run: Run, title: str, body: str) -> None:
        """Set title and body of the run's pull request; what stands below our part stays.

        Raises:
            BlockedError: when GitHub refuses it.
        """
        pulls = Pulls(self._clients.of(run.repository, Purpose.PROPOSE), run.repository)
        number = _number(run)
        try:
            found = await pulls.get(number)
            text = full_text(run, body, text_below(run, found.body))
            if (found.title, found.body) != (title, text):
                await pulls.edit(number, title=title, body=text)
        except RefusedByGitHubError as refusal:
            message = f"The pull request #{number} could not be described. {refusal}"
            raise BlockedError(message) from refusal

    async def mark_ready(self, run: Run) -> PullRequest:
        """Flip the draft to ready for review; one that is ready already is left alone.

        Raises:
            BlockedError: when it is no longer open, or GitHub refuses.
        """
        api = self._clients.of(run.repository, Purpose.PROPOSE)
        try:
            return as_pull_request(await flip(api, Pulls(api, run.repository), _number(run)))
        except RefusedByGitHubError as refusal:
            message = f"GitHub refused to mark the pull request ready for review. {refusal}"
            raise BlockedError(message) from refusal


def _number(run: Run) -> int:
    if run.pull_request is None:
        raise DefectError("the run has no pull request yet")
    return run.pull_request.number
