"""Runs the checks of one commit, each in a checkout of its own that is thrown away.

What a receipt means for the run (new, pre-existing) is decided in `phases.core.receipts`.
"""

import asyncio
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from app.workspace.checkout import Checkouts
from app.workspace.checks.commands import REPORT
from app.workspace.checks.readers.reading import Output, Reading, plain
from app.workspace.checks.readers.registry import read
from app.workspace.environments.preparation import Environment
from app.workspace.objects import Objects
from app.workspace.ports import Logs
from app.workspace.sandbox.beneath import open_beneath, opened
from app.workspace.sandbox.cage import WORKSPACE, Cage
from app.workspace.sandbox.errors import SandboxError
from app.workspace.sandbox.sandbox import Finished, Sandbox
from app.workspace.sandbox.scratch import Scratch
from phases.core.errors import TransientError
from phases.core.receipts import Check, CheckId, CheckStatus, Receipt

SECONDS = 900.0
"""How long one check may take unless told otherwise."""

_AT_ONCE = 2
_MOST_REPORT = 32 << 20
_MOST_READ = 8 << 20
_EXCERPT_LINES = 20
_EXCERPT_LINE = 200
_MISSING = re.compile(
    r"No module named '?(?P<module>pytest|mypy|ruff|black|flake8|unittest)'?\s*$"
    r"|(?P<program>[\w./@-]+): (?:command )?not found"
    r"|env: [‘']?(?P<env>[\w./-]+)[’']?: No such file",
    re.MULTILINE,
)
_NOT_FOUND = 127
_NOT_EXECUTABLE = 126
_NO_TESTS_PYTEST = 5


@dataclass(frozen=True)
class Subject:
    """What is checked: a commit, its tree and where its objects are."""

    objects: Objects
    commit: str
    tree: str


class CheckRunner:
    """Runs checks; `root` is where it makes its checkouts, `seconds` how long a check may take."""

    def __init__(
        self, sandbox: Sandbox, checkouts: Checkouts, logs: Logs, root: Path, seconds: float
    ) -> None:
        self._sandbox = sandbox
        self._checkouts = checkouts
        self._logs = logs
        self._root = root
        self._seconds = seconds

    async def run(
        self, subject: Subject, checks: Iterable[Check], environment: Environment
    ) -> tuple[Receipt, ...]:
        """Return a receipt for each check, in their order.

        Raises:
            TransientError: when the cage could not be built.
        """
        turn = asyncio.Semaphore(_AT_ONCE)

        async def one(check: Check) -> Receipt:
            async with turn:
                place = self._checkouts.place(self._root)
                return await self._one(subject, check, environment, place)

        tasks = [asyncio.create_task(one(check)) for check in checks]
        try:
            return tuple(await asyncio.gather(*tasks))
        finally:
            # Nobody's checkout is left behind, whoever failed.
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _one(
        self, subject: Subject, check: Check, environment: Environment, place: Path
    ) -> Receipt:
        tree, index = place / "tree", place / "index"
        try:
            await self._checkouts.make(subject.objects, subject.commit, tree, index)
            scratch = Scratch.make(place / "scratch", self._sandbox.owner)
            finished = await self._caged(check, environment, tree, scratch)
            report = _report(scratch.path / "tmp") if check.report else None
        except SandboxError as error:
            raise TransientError(f"The {check.id} check could not be started: {error}") from error
        finally:
            await self._checkouts.remove(place)
        return await self._receipt(subject, check, environment.key, finished, report)

    async def _caged(
        self, check: Check, environment: Environment, tree: Path, scratch: Scratch
    ) -> Finished:
        cage = Cage(
            worktree=tree,
            scratch=scratch.path,
            writable=True,
            mounts=environment.mounts,
            path=environment.path,
            cwd=f"{WORKSPACE}/{check.cwd}" if check.cwd else WORKSPACE,
        )
        return await self._sandbox.run(
            cage, check.argv, timeout=self._seconds, split=True, output_cap=_MOST_READ
        )

    async def _receipt(
        self,
        subject: Subject,
        check: Check,
        environment: str,
        finished: Finished,
        report: bytes | None,
    ) -> Receipt:
        stdout = finished.content.decode("utf-8", "replace")
        output = Output(check.id, check.cwd, stdout, finished.errors, report)
        succeeded = finished.exit_code == 0
        reading = read(check.reader, output, succeeded=succeeded)
        idle = _idle(check, finished, output, reading)
        status = CheckStatus.PASSED if succeeded else CheckStatus.FAILED
        log = f"$ {' '.join(check.argv)}\n{plain(stdout)}\n{plain(finished.errors)}"
        return Receipt(
            check=check.id,
            status=CheckStatus.DID_NOT_RUN if idle else status,
            argv=check.argv,
            exit_code=None if finished.killed_for else finished.exit_code,
            commit=subject.commit,
            tree=subject.tree,
            environment=environment,
            seconds=round(finished.duration_s, 3),
            log_sha256=await self._logs.keep(log),
            passed=reading.passed,
            failed=reading.failed,
            skipped=reading.skipped,
            failures=() if idle else reading.failures,
            reason=idle,
            excerpt=_excerpt(output, reading, succeeded=succeeded and not idle),
        )


def not_configured(subject: Subject, check: CheckId, environment: str, log_sha256: str) -> Receipt:
    """Return the receipt that says that a side has no check of a kind."""
    return Receipt(
        check=check,
        status=CheckStatus.DID_NOT_RUN,
        argv=(),
        exit_code=None,
        commit=subject.commit,
        tree=subject.tree,
        environment=environment,
        seconds=0.0,
        log_sha256=log_sha256,
        reason=f"No {check.kind} check is configured for the {check.side}.",
    )


def _idle(check: Check, finished: Finished, output: Output, reading: Reading) -> str:
    """Return why a check says nothing about the code, or an empty text."""
    if finished.killed_for is not None:
        return f"It was stopped: {finished.killed_for.value.replace('_', ' ')}."
    printed = plain(f"{output.stdout[-20_000:]}\n{output.stderr[-20_000:]}")
    missing = _MISSING.search(printed) if finished.exit_code and not reading.failed else None
    if finished.exit_code in {_NOT_FOUND, _NOT_EXECUTABLE} or (missing and missing["module"]):
        name = next((g for g in missing.groups() if g), "") if missing else ""
        return f"`{name or check.argv[0]}` is not installed in the prepared environment."
    no_tests = finished.exit_code == _NO_TESTS_PYTEST and "no tests ran" in printed
    if no_tests or (check.reader == "unittest" and "Ran 0 tests" in printed):
        return "It found no tests."
    return ""


def _report(directory: Path) -> bytes | None:
    """Read the report that a tool left in the cage's /tmp, through no link."""
    with opened(directory) as root:
        try:
            descriptor = open_beneath(root, Path(REPORT).name, os.O_RDONLY | os.O_NONBLOCK)
        except OSError:
            return None
        with os.fdopen(descriptor, "rb") as handle:
            return handle.read(_MOST_REPORT + 1)


def _excerpt(output: Output, reading: Reading, *, succeeded: bool) -> str:
    """Return about twenty lines of what matters: the failures, else the end of the output."""
    if succeeded:
        return ""
    named = [failure for failure in reading.failures if failure.file]
    if named:
        shown = [
            f"{failure.file}{f':{failure.line}' if failure.line else ''}: {failure.rule}:"
            f" {failure.message}"
            for failure in named
        ]
        more = len(named) - _EXCERPT_LINES
        tail = [f"... and {more} more"] if more > 0 else []
        return "\n".join([line[:_EXCERPT_LINE] for line in shown[:_EXCERPT_LINES]] + tail)
    printed = plain(f"{output.stdout}\n{output.stderr}")
    lines = [line[:_EXCERPT_LINE] for line in printed.splitlines() if line.strip()]
    return "\n".join(lines[-_EXCERPT_LINES:])
