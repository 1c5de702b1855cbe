"""Talks to GitHub's git endpoint: fetch, look, push. It says what a refusal means, not what to do.

Addresses are built from the configured base alone, never from what a payload says.
"""

import logging
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from app.workspace.git import Access, Git, GitError
from app.workspace.ports import Tokens
from app.workspace.redaction import capped, redacted
from phases.core.errors import BlockedError, PhaselineError, TransientError
from phases.core.model import Repository
from phases.core.ports import Clock

log = logging.getLogger(__name__)

_PART = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}")
_BRANCH = re.compile(r"phaseline/[1-9][0-9]*-[a-z0-9-]{1,48}")
_HEADS = "+refs/heads/*:refs/remotes/origin/*"
_FETCH_SECONDS = 900.0
_PUSH_SECONDS = 300.0
_MOST_QUOTED = 1500
_DENIED = re.compile(
    r"error: 40[13]|authentication failed|could not read (?:username|password)"
    r"|write access to repository not granted|permission to .* denied",
    re.IGNORECASE,
)
_ABSENT = re.compile(r"error: 404|repository .*not found", re.IGNORECASE)
# Nothing is sent on: what is called so tomorrow may be somebody else's.
_MOVED = re.compile(r"error: 30[1278]")
_RENAMED = "the repository was renamed or transferred; the next sweep learns its name of today"
_FSCK = re.compile(r"fsck error|error in object|invalid path|fsck failed", re.IGNORECASE)
_REJECTED = re.compile(r"^!\t[^\t]*\t\[(?P<by>remote )?rejected\] ?(?P<why>.*)$", re.MULTILINE)
# By then the request before it was let in: what is refused here is not the token's right.
_LIMITED = re.compile(
    r"rate limit|abuse detection|error: 429|RPC failed; HTTP (?:403|429)", re.IGNORECASE
)
_RACED = re.compile(r"fetch first|non-fast-forward|stale info|cannot lock ref", re.IGNORECASE)

_PAUSES = (0.5, 1.0, 2.0)
# git does not show for how long GitHub asks for patience.
_LIMITED_PAUSES = (5.0, 10.0)
_LIMITED_SECONDS = 60.0

T = TypeVar("T")


class _UnansweredError(TransientError):
    """git reached nobody, or was not served; what it was to do may have been done."""


class _LimitedError(TransientError):
    """GitHub asked for patience, and did nothing."""


class _TokenRefusedError(BlockedError):
    """GitHub took a token no more; a new one may be taken."""

    def __init__(self, message: str, token: str) -> None:
        super().__init__(message)
        self.token = token


def branch_is_ours(branch: str) -> bool:
    """Tell whether a branch name is one that the service makes; it writes to no other."""
    return _BRANCH.fullmatch(branch) is not None


class Remote:
    """The repositories below one GitHub address (`https://github.com`, or another installation)."""

    def __init__(self, git: Git, tokens: Tokens, base_url: str, clock: Clock) -> None:
        self._git = git
        self._tokens = tokens
        self._clock = clock
        self._base = base_url.rstrip("/")

    def url(self, repository: Repository) -> str:
        """Return the address of a repository.

        Raises:
            BlockedError: when owner or name cannot be those of a repository.
        """
        for part in (repository.owner, repository.name):
            if not _PART.fullmatch(part):
                raise BlockedError(f"{part!r} cannot be part of a repository's name.")
        return f"{self._base}/{repository.owner}/{repository.name}.git"

    async def patiently(self, doing: Callable[[str | None], Awaitable[T]]) -> T:
        """Do what is the same when done twice: again after an outage, and once with a new token.

        `doing` is given the token that was refused, or None. A caller that holds what others wait
        for lets go of it in between: the pauses are some seconds, after a limit 5 and 10.

        Raises:
            TransientError: when GitHub does not answer, or still asks for patience.
            BlockedError: when it refuses.
        """
        pauses, limited, refused = list(_PAUSES), list(_LIMITED_PAUSES), None
        while True:
            try:
                return await doing(refused)
            except _TokenRefusedError as error:
                if refused is not None:
                    raise
                refused = error.token
            except _LimitedError:
                if not limited:
                    raise
                await self._clock.sleep(limited.pop(0))
            except _UnansweredError:
                if not pauses:
                    raise
                await self._clock.sleep(pauses.pop(0))

    async def fetch(
        self, repository: Repository, gitdir: Path, lock: int, refused: str | None
    ) -> None:
        """Bring every branch into `refs/remotes/origin/` of a git directory that `lock` guards.

        Once: see `patiently`.

        Raises:
            TransientError: when GitHub does not answer.
            BlockedError: when it refuses, or sends what is not taken.
        """
        token = await _given(self._tokens.for_fetch(repository, refused=refused))
        try:
            await self._git.run(
                gitdir,
                *("fetch", "--quiet", "--prune", "--no-tags", "--no-recurse-submodules"),
                *("--no-write-fetch-head", "--no-auto-maintenance", "--end-of-options"),
                *(self.url(repository), _HEADS),
                access=Access(self._base, token),
                seconds=_FETCH_SECONDS,
                lock=lock,
            )
        except GitError as error:
            raise _meaning(error, f"Fetching {repository.full_name}", token) from error

    async def push(self, repository: Repository, gitdir: Path, commit: str, branch: str) -> None:
        """Move a branch of ours forward to a commit, or make it; with a token that lives as long.

        Raises:
            TransientError: when GitHub does not answer, or the branch moved meanwhile.
            BlockedError: when a rule of the repository refuses it; the message quotes it.
        """
        if not branch_is_ours(branch):
            raise BlockedError(f"{branch!r} is no branch of Phaseline's: nothing was pushed.")
        # A second push of what the first has brought there finds nothing to do.
        await self.patiently(lambda _: self._push(repository, gitdir, commit, branch))

    async def _push(self, repository: Repository, gitdir: Path, commit: str, branch: str) -> None:
        token = await _given(self._tokens.for_push(repository))
        try:
            await self._git.run(
                gitdir,
                *("push", "--porcelain", "--no-verify", "--no-follow-tags", "--no-signed"),
                *("--no-recurse-submodules", "--end-of-options", self.url(repository)),
                f"{commit}:refs/heads/{branch}",
                access=Access(self._base, token),
                seconds=_PUSH_SECONDS,
            )
        except GitError as error:
            raise _push_meaning(error, branch, token) from error
        finally:
            await self._give_back(token)

    async def _give_back(self, token: str) -> None:
        try:
            await self._tokens.revoke(token)
        except PhaselineError as error:
            # The push is what counts; a token ends by itself within the hour.
            log.warning("a push token could not be revoked: %s", redacted(str(error), token))

    async def tip(self, repository: Repository, gitdir: Path, branch: str) -> str | None:
        """Return the commit that a branch stands at on GitHub now, or None.

        Raises:
            TransientError: when GitHub does not answer.
            BlockedError: when it refuses.
        """
        return await self.patiently(lambda refused: self._tip(repository, gitdir, branch, refused))

    async def _tip(
        self, repository: Repository, gitdir: Path, branch: str, refused: str | None
    ) -> str | None:
        token = await _given(self._tokens.for_fetch(repository, refused=refused))
        try:
            output = await self._git.run(
                gitdir,
                *("ls-remote", "--quiet", "--refs", "--end-of-options"),
                *(self.url(repository), f"refs/heads/{branch}"),
                access=Access(self._base, token),
                seconds=_PUSH_SECONDS,
            )
        except GitError as error:
            raise _meaning(error, f"Looking at {repository.full_name}", token) from error
        return output.decode().partition("\t")[0] or None


async def _given(asking: Awaitable[str]) -> str:
    """Return a token that was asked for; a refusal is something that a person must mend."""
    try:
        return await asking
    except (BlockedError, TransientError):
        raise
    except PhaselineError as error:
        raise BlockedError(f"GitHub gave the App no token for the repository. {error}") from error


def _push_meaning(error: GitError, branch: str, token: str) -> BlockedError | TransientError:
    rejected = _REJECTED.search(error.stdout)
    if rejected is None:
        return _meaning(error, f"Pushing {branch}", token)
    words = [line for line in error.stderr.splitlines() if line.startswith("remote:")]
    quoted = "\n".join(line.removeprefix("remote:").strip() for line in words).strip()
    # A connection that is lost while git sends on it makes libcurl send the same once more: then
    # what moved the branch may be this very push.
    if _RACED.search(rejected["why"]) or _RACED.search(quoted):
        return TransientError(f"{branch} moved on GitHub while it was being pushed to.", 5.0)
    reason = rejected["why"].strip("()")
    rule = capped("\n".join(part for part in (reason, quoted) if part), _MOST_QUOTED)
    lines = "\n".join(f"> {line}" for line in rule.splitlines())
    return BlockedError(f"GitHub refused the push to `{branch}`:\n\n{lines}")


def _meaning(error: GitError, doing: str, token: str) -> BlockedError | TransientError:
    said = capped(error.stderr.strip(), _MOST_QUOTED)
    if _LIMITED.search(error.stderr):
        return _LimitedError(f"{doing}: GitHub asked us to wait", _LIMITED_SECONDS)
    if _DENIED.search(error.stderr):
        return _TokenRefusedError(
            f"{doing} was denied: GitHub did not accept the App's token. Look whether the App"
            " is still installed on the repository and may read and write its contents."
            f" It said: {said}",
            token,
        )
    if _ABSENT.search(error.stderr):
        return BlockedError(
            f"{doing} failed: GitHub knows no such repository, or the App may not see it."
        )
    if _FSCK.search(error.stderr):
        return BlockedError(f"{doing} failed: the repository holds what git refuses: {said}")
    moved = _MOVED.search(error.stderr)
    if error.code is None or moved:
        # It had its time, or there is nothing to ask again for before a sweep has been.
        return TransientError(f"{doing} failed: {_RENAMED if moved else error}")
    return _UnansweredError(f"{doing} failed: {said}")
