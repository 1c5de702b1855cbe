"""A visit to a test repository: an issue, a comment, a draft, a push, and everything closed again.

Its checks build on one another, in their order; what was made is taken away by `leave`.
"""

import re
import secrets
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from app.github.connection import GitHubConnection
from app.github.trial import LABEL, TITLE, OpenedDraft, Trial
from app.settings import Settings
from app.wiring.live.deliveries import Deliveries
from app.wiring.live.tick import DiffersError, LiveCheck, UntriedError
from app.wiring.workspaces import git_of
from app.workspace.mirror import Mirrors
from app.workspace.objects import Signature
from app.workspace.remote import Remote
from phases.core.errors import PhaselineError
from phases.core.machine import RunState
from phases.core.model import Base, Person, Places, Repository, Run
from phases.core.ports import Clock

LONG_TOKEN = re.compile(r"ghs_[0-9]+_[\w-]+\.[\w-]+\.[\w-]+")
# A worker takes a delivery up within a second.
ANSWER_SECONDS = 5.0
REF = "refs/phaseline/live"
MESSAGE = "chore: live check\n"
AUTHOR = ("Phaseline", "phaseline@users.noreply.github.com")


class Visit:
    """One visit; `run` is made up, so that the calls of runs can be tried."""

    def __init__(
        self,
        settings: Settings,
        connection: GitHubConnection,
        repository: Repository,
        deliveries: Deliveries,
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._connection = connection
        self._repository = repository
        self._deliveries = deliveries
        self._clock = clock
        self._trial = Trial(connection.clients, repository)
        self._issue = 0
        self._after = 0
        self._comment = 0
        self._run: Run | None = None
        self._draft: OpenedDraft | None = None
        self._pushed = False
        self._closed = False

    def checks(self) -> tuple[LiveCheck, ...]:
        """Return the checks in the order in which they build on one another."""
        return (
            LiveCheck("empty-draft", self._open),
            LiveCheck("draft-plan", self._is_draft),
            LiveCheck("push-token", self._push),
            LiveCheck("token-form", self._token),
            LiveCheck("ready", self._flip),
            LiveCheck("payloads", self._payloads),
            LiveCheck("own-comments", self._own_comments),
        )

    async def begin(self) -> None:
        """Open the issue that everything else hangs on, and say something there."""
        self._after = await self._deliveries.newest()
        self._issue = await self._trial.open_issue()
        self._comment = (await self._trial.comment(self._issue)).id

    async def leave(self) -> list[str]:
        """Close and delete what was made; return what could not be, each with the reason."""
        left: list[str] = []
        await self._attempt(left, "the issue or the pull request", self._close)
        if self._draft is not None:
            branch = self._draft.branch
            await self._attempt(
                left, f"the branch {branch}", lambda: self._trial.delete_branch(branch)
            )
        if self._issue:
            await self._attempt(left, f"the label {LABEL}", self._trial.delete_label)
        return left

    async def _attempt(
        self, left: list[str], what: str, take_away: Callable[[], Awaitable[None]]
    ) -> None:
        try:
            await take_away()
        except PhaselineError as error:
            left.append(f"{what} of {self._repository.full_name}: {error}")

    async def _close(self) -> None:
        if self._closed:
            return
        if self._draft is not None:
            await self._trial.close(self._draft.pull.number)
        if self._issue:
            await self._trial.close(self._issue)
        self._closed = True

    async def _open(self) -> str:
        base = await self._trial.base()
        run = self._made_up(base)
        self._draft = await self._trial.open_draft(run, base)
        self._run = replace(run, branch=self._draft.branch)
        number = self._draft.pull.number
        if not self._draft.template:
            raise UntriedError(f"accepted as #{number}; the repository has no template to try")
        return f"accepted as #{number}, with the repository's template"

    async def _is_draft(self) -> str:
        pull = self._opened().pull
        if not pull.draft:
            raise DiffersError(f"#{pull.number} was opened, and not as a draft")
        return f"#{pull.number} was opened as a draft"

    async def _push(self) -> str:
        draft, run = self._opened(), self._run
        if run is None:
            raise UntriedError("no draft was opened")
        git = git_of(self._settings)
        remote = Remote(git, self._connection.tokens, self._settings.github_url, self._clock)
        with tempfile.TemporaryDirectory() as place:
            objects = await Mirrors(git, remote, Path(place)).with_commit(run, draft.head)
            at = int(self._clock.now().timestamp())
            tree = await objects.tree_of(draft.head)
            commit = await objects.write_commit(
                tree, (draft.head,), MESSAGE, Signature(*AUTHOR, at), ref=REF
            )
            await remote.push(self._repository, objects.gitdir, commit, draft.branch)
        self._pushed = True
        if not self._settings.github_url.startswith("https://"):
            raise UntriedError(f"{draft.branch} was moved forward, but not over HTTPS")
        return f"{draft.branch} was fetched and moved forward"

    async def _token(self) -> str:
        if not self._pushed:
            raise UntriedError("git did not get as far as using one")
        token = await self._connection.tokens.for_fetch(self._repository, refused=None)
        if not LONG_TOKEN.fullmatch(token):
            raise UntriedError(f"GitHub gave tokens of another form, {len(token)} characters long")
        return f"{len(token)} characters; the API, a fetch and a push took such tokens"

    async def _flip(self) -> str:
        number = self._opened().pull.number
        await self._trial.flip(number)
        return f"#{number} is no draft any more"

    async def _payloads(self) -> str:
        await self._close()
        return await self._deliveries.of_visit(self._repository.id, self._after)

    async def _own_comments(self) -> str:
        comment = await self._trial.comment_of(self._comment)
        via = comment.performed_via_github_app
        if via is None or via.id != self._settings.github_app_id:
            raise DiffersError("performed_via_github_app does not name our App")
        await self._clock.sleep(ANSWER_SECONDS)
        answers = await self._trial.answers_to(self._issue, self._comment)
        if answers:
            raise DiffersError(f"a command in a comment of ours got {answers} answers")
        return (
            f"performed_via_github_app is {via.id}; a command in a comment of ours got no answer "
            f"in {ANSWER_SECONDS:.0f} s"
        )

    def _opened(self) -> OpenedDraft:
        if self._draft is None:
            raise UntriedError("no draft was opened")
        return self._draft

    def _made_up(self, base: str) -> Run:
        return Run(
            id=f"live-{secrets.token_hex(8)}",
            repository=self._repository,
            issue=self._issue,
            number=1,
            labeller=Person(0, TITLE),
            state=RunState.RUNNING,
            segment=1,
            created_at=self._clock.now(),
            limit_usd=Decimal(0),
            base=Base(base, self._repository.default_branch, Places()),
        )
