"""What the live checks make in a test repository: an issue, a label, a comment, a draft.

Runs make theirs by the same calls. What GitHub lets an App take away is taken away again.
"""

from dataclasses import dataclass
from typing import Any

from app.github.answers import Answer, CommentAnswer, PullAnswer, RefAnswer, understood
from app.github.client import GitHubClients
from app.github.drafts import Draft
from app.github.pulls import Pulls
from app.github.purposes import Purpose
from app.github.ready import flip
from app.github.template import find_template
from phases.core.model import Repository, Run

# None of ours: a run is not what is tried.
LABEL = "phaseline-live-check"
TITLE = "Live checks"
BODY = "Made by `phaseline doctor --live`, which closes it again. Nothing needs to be done."
# If our own comments counted as anybody's, this one would be answered.
COMMAND = "/phaseline help"


class _Numbered(Answer):
    number: int


class _Counted(Answer):
    comments: int


@dataclass(frozen=True)
class OpenedDraft:
    """A draft as GitHub took it; `template` says whether the repository has one."""

    branch: str
    head: str
    pull: PullAnswer
    template: bool


class Trial:
    """One visit to one repository. All methods raise what `GitHubApi` does."""

    def __init__(self, clients: GitHubClients, repository: Repository) -> None:
        self._talk = clients.of(repository, Purpose.CONVERSE)
        self._propose = clients.of(repository, Purpose.PROPOSE)
        self._fetch = clients.of(repository, Purpose.FETCH)
        self._repository = repository
        self._owner = repository.owner
        self._name = repository.name

    async def open_issue(self) -> int:
        """Open an issue and put a label on it that is not one of ours; return its number."""
        answer = await self._talk.write(
            lambda rest: rest.issues.async_create(self._owner, self._name, title=TITLE, body=BODY)
        )
        number = understood(_Numbered, answer).number
        labels: Any = {"labels": [LABEL]}
        await self._talk.write(
            lambda rest: rest.issues.async_add_labels(self._owner, self._name, number, data=labels)
        )
        return number

    async def comment(self, issue: int) -> CommentAnswer:
        """Post a command, as the App."""
        answer = await self._talk.write(
            lambda rest: rest.issues.async_create_comment(
                self._owner, self._name, issue, body=COMMAND
            )
        )
        return understood(CommentAnswer, answer)

    async def comment_of(self, comment: int) -> CommentAnswer:
        """Return a comment as it stands."""
        answer = await self._talk.read(
            lambda rest: rest.issues.async_get_comment(self._owner, self._name, comment)
        )
        return understood(CommentAnswer, answer)

    async def answers_to(self, issue: int, comment: int) -> int:
        """Return how many reactions and further comments the command got."""
        reactions = await self._talk.read(
            lambda rest: rest.reactions.async_list_for_issue_comment(
                self._owner, self._name, comment
            )
        )
        talk = await self._talk.read(
            lambda rest: rest.issues.async_get(self._owner, self._name, issue)
        )
        return len(understood(list[Any], reactions)) + understood(_Counted, talk).comments - 1

    async def base(self) -> str:
        """Return the commit of the default branch."""
        branch = self._repository.default_branch
        answer = await self._fetch.read(
            lambda rest: rest.git.async_get_ref(self._owner, self._name, f"heads/{branch}")
        )
        return understood(RefAnswer, answer).object.sha

    async def open_draft(self, run: Run, base: str) -> OpenedDraft:
        """Open a draft from an empty commit, as for a run."""
        branch, head, pull = await Draft(self._propose, run).open(TITLE, BODY)
        template = await find_template(self._propose, self._repository, base)
        return OpenedDraft(branch, head, pull, bool(template))

    async def flip(self, number: int) -> None:
        """Mark the draft ready for review."""
        await flip(self._propose, Pulls(self._propose, self._repository), number)

    async def close(self, number: int) -> None:
        """Close the issue or the pull request."""
        await self._talk.write(
            lambda rest: rest.issues.async_update(self._owner, self._name, number, state="closed")
        )

    async def delete_branch(self, branch: str) -> None:
        """Delete the draft's branch."""
        await self._propose.write(
            lambda rest: rest.git.async_delete_ref(self._owner, self._name, f"heads/{branch}")
        )

    async def delete_label(self) -> None:
        """Delete the label from the repository."""
        await self._talk.write(
            lambda rest: rest.issues.async_delete_label(self._owner, self._name, LABEL)
        )
