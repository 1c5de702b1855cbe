"""Opens a run's draft: branch, empty commit, pull request, each looked for first.

Through the Git Data API, so that nothing is cloned. Interrupted anywhere and begun again it leaves
one branch and one pull request; at worst a commit that nothing points at.
"""

from app.github.answers import CommitAnswer, ObjectAnswer, PullAnswer, RefAnswer, understood
from app.github.client import GitHubApi
from app.github.errors import RefusedByGitHubError
from app.github.naming import branch_of, opened_by, opening_message
from app.github.pulls import Pulls, full_text, refuse_unless_usable
from app.github.template import find_template
from phases.core.errors import BlockedError, DefectError, TransientError
from phases.core.model import Base, Run

_NOT_FOUND = 404
_CONFLICT = 409
_REPLICATION_SECONDS = 5.0


class Draft:
    """The draft of one run, through one client."""

    def __init__(self, api: GitHubApi, run: Run) -> None:
        if run.base is None:
            raise DefectError("a draft was asked for before the base was known")
        self._api = api
        self._run = run
        self._base: Base = run.base
        self._owner = run.repository.owner
        self._name = run.repository.name
        self._pulls = Pulls(api, run.repository)

    async def open(self, title: str, body: str) -> tuple[str, str, PullAnswer]:
        """Return branch, head and pull request, making what is not there.

        Raises:
            BlockedError: when the repository's rules refuse it, or the branch is another's.
        """
        run = self._run
        branch = run.branch or branch_of(run, run.request.title if run.request else title)
        try:
            head = await self._branch(branch)
            pull = await self._pull(branch, title, body)
        except RefusedByGitHubError as refusal:
            raise BlockedError(_refused(refusal)) from refusal
        return branch, head, pull

    async def _branch(self, branch: str) -> str:
        head = await self._head(branch)
        if head is None:
            head = await self._begin(branch)
        if not opened_by(self._run, (await self._commit(head)).message):
            # Work may have gone on from there: then the run's own pull request says so.
            pull = await self._pulls.of_branch(branch)
            if pull is None:
                raise BlockedError(
                    f"The branch `{branch}` exists already and is not this run's. "
                    "Rename or delete it."
                )
            refuse_unless_usable(self._run, pull)
        return head

    async def _begin(self, branch: str) -> str:
        base = await self._commit(self._base.sha)
        answer = await self._api.ensure(
            lambda rest: rest.git.async_create_commit(
                self._owner,
                self._name,
                message=opening_message(self._run),
                tree=base.tree.sha,
                parents=[base.sha],
            )
        )
        made = understood(ObjectAnswer, answer).sha
        try:
            await self._api.ensure(
                lambda rest: rest.git.async_create_ref(
                    self._owner, self._name, ref=f"refs/heads/{branch}", sha=made
                )
            )
        except RefusedByGitHubError as refusal:
            if not refusal.says("already exists"):
                raise
            head = await self._head(branch)
            if head is None:
                raise _not_shown_yet(refusal) from refusal
            return head
        return made

    async def _pull(self, branch: str, title: str, body: str) -> PullAnswer:
        found = await self._pulls.of_branch(branch)
        if found is None:
            found = await self._open_pull(branch, title, body)
        refuse_unless_usable(self._run, found)
        return found

    async def _open_pull(self, branch: str, title: str, body: str) -> PullAnswer:
        template = await find_template(self._api, self._run.repository, self._base.sha)
        text = full_text(self._run, body, template)
        try:
            return await self._pulls.open(
                title=title, body=text, head=branch, base=self._base.branch
            )
        except RefusedByGitHubError as refusal:
            if refusal.says("already exists"):
                found = await self._pulls.of_branch(branch)
                if found is not None:
                    return found
                raise _not_shown_yet(refusal) from refusal
            if refusal.says("no commits between") and await self._is_ahead(branch):
                raise _not_shown_yet(refusal) from refusal
            raise

    async def _is_ahead(self, branch: str) -> bool:
        return await self._head(branch) not in {None, self._base.sha}

    async def _head(self, branch: str) -> str | None:
        try:
            answer = await self._api.read(
                lambda rest: rest.git.async_get_ref(self._owner, self._name, f"heads/{branch}")
            )
        except RefusedByGitHubError as refusal:
            if refusal.status == _NOT_FOUND:
                return None
            raise
        return understood(RefAnswer, answer).object.sha

    async def _commit(self, sha: str) -> CommitAnswer:
        answer = await self._api.read(
            lambda rest: rest.git.async_get_commit(self._owner, self._name, sha)
        )
        return understood(CommitAnswer, answer)


def _not_shown_yet(refusal: RefusedByGitHubError) -> TransientError:
    """Return what to do about something that is there, and not on every server of GitHub's yet."""
    return TransientError(str(refusal), _REPLICATION_SECONDS)


def _refused(refusal: RefusedByGitHubError) -> str:
    if refusal.status == _CONFLICT and refusal.says("empty"):
        return "The repository is empty: it needs a first commit before work can begin."
    return f"GitHub refused to open the draft pull request. It says: {refusal.text}"
