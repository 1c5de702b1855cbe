"""Talks to GitHub's git endpoint: fetch, look, push. It says what a refusal means, not what to do.

Addresses are built from the configured base alone, never from what a payload says.
"""

import logging
import re
from collections.abc import Awaitable
from pathlib import Path

from app.workspace.git import Access, Git, GitError
from app.workspace.ports import Tokens
from app.workspace.redaction import capped, redacted
from phases.core.errors import BlockedError, PhaselineError, TransientError
from phases.core.model import Repository

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
_FSCK = re.compile(r"fsck error|error in object|invalid path|fsck failed", re.IGNORECASE)
_REJECTED = re.compile(r"^!\t[^\t]*\t\[(?P<by>remote )?rejected\] ?(?P<why>.*)$", re.MULTILINE)
_RACED = re.compile(r"fetch first|non-fast-forward|stale info|cannot lock ref", re.IGNORECASE)


def branch_is_ours(branch: str) -> bool:
    """Tell whether a branch name is one that the service makes; it writes to no other."""
    return _BRANCH.fullmatch(branch) is not None


class Remote:
    """The repositories below one GitHub address (`https://github.com`, or another installation)."""

    def __init__(self, git: Git, tokens: Tokens, base_url: str) -> None:
        self._git = git
        self._tokens = tokens
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

    async def fetch(self, repository: Repository, gitdir: Path, lock: int) -> None:
        """Bring every branch into `refs/remotes/origin/` of a git directory that `lock` guards.

        Raises:
            TransientError: when GitHub does not answer.
            BlockedError: when it refuses, or sends what is not taken.
        """
        url = self.url(repository)
        access = Access(self._base, await _given(self._tokens.for_fetch(repository)))
        try:
            await self._git.run(
                gitdir,
                *("fetch", "--quiet", "--prune", "--no-tags", "--no-recurse-submodules"),
                *("--no-write-fetch-head", "--no-auto-maintenance", "--end-of-options"),
                *(url, _HEADS),
                access=access,
                seconds=_FETCH_SECONDS,
                lock=lock,
            )
        except GitError as error:
            raise _meaning(error, f"Fetching {repository.full_name}") from error

    async def push(self, repository: Repository, gitdir: Path, commit: str, branch: str) -> None:
        """Move a branch of ours forward to a commit, or make it; with a token that lives as long.

        Raises:
            TransientError: when GitHub does not answer, or the branch moved meanwhile.
            BlockedError: when a rule of the repository refuses it; the message quotes it.
        """
        if not branch_is_ours(branch):
            raise BlockedError(f"{branch!r} is no branch of Phaseline's: nothing was pushed.")
        url = self.url(repository)
        token = await _given(self._tokens.for_push(repository))
        try:
            await self._git.run(
                gitdir,
                *("push", "--porcelain", "--no-verify", "--no-follow-tags", "--no-signed"),
                *("--no-recurse-submodules", "--end-of-options", url),
                f"{commit}:refs/heads/{branch}",
                access=Access(self._base, token),
                seconds=_PUSH_SECONDS,
            )
        except GitError as error:
            raise _push_meaning(error, branch) from error
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
        access = Access(self._base, await _given(self._tokens.for_fetch(repository)))
        try:
            output = await self._git.run(
                gitdir,
                *("ls-remote", "--quiet", "--refs", "--end-of-options"),
                *(self.url(repository), f"refs/heads/{branch}"),
                access=access,
                seconds=_PUSH_SECONDS,
            )
        except GitError as error:
            raise _meaning(error, f"Looking at {repository.full_name}") from error
        return output.decode().partition("\t")[0] or None


async def _given(asking: Awaitable[str]) -> str:
    """Return a token that was asked for; a refusal is something that a person must mend."""
    try:
        return await asking
    except (BlockedError, TransientError):
        raise
    except PhaselineError as error:
        raise BlockedError(f"GitHub gave the App no token for the repository. {error}") from error


def _push_meaning(error: GitError, branch: str) -> BlockedError | TransientError:
    rejected = _REJECTED.search(error.stdout)
    if rejected is None:
        return _meaning(error, f"Pushing {branch}")
    if _RACED.search(rejected["why"]):
        return TransientError(f"{branch} moved on GitHub while it was being pushed to.", 5.0)
    words = [line for line in error.stderr.splitlines() if line.startswith("remote:")]
    quoted = "\n".join(line.removeprefix("remote:").strip() for line in words).strip()
    reason = rejected["why"].strip("()")
    rule = capped("\n".join(part for part in (reason, quoted) if part), _MOST_QUOTED)
    lines = "\n".join(f"> {line}" for line in rule.splitlines())
    return BlockedError(f"GitHub refused the push to `{branch}`:\n\n{lines}")


def _meaning(error: GitError, doing: str) -> BlockedError | TransientError:
    said = capped(error.stderr.strip(), _MOST_QUOTED)
    if _DENIED.search(error.stderr):
        return BlockedError(
            f"{doing} was denied: GitHub did not accept the App's token. Look whether the App"
            " is still installed on the repository and may read and write its contents."
            f" It said: {said}"
        )
    if _ABSENT.search(error.stderr):
        return BlockedError(
            f"{doing} failed: GitHub knows no such repository, or the App may not see it."
        )
    if _FSCK.search(error.stderr):
        return BlockedError(f"{doing} failed: the repository holds what git refuses: {said}")
    return TransientError(f"{doing} failed: {said}")
