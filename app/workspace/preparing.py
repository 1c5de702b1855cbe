"""The environment of a commit: prepared in a throw-away checkout, remembered, receipted.

How it is installed and kept is `environments`' business.
"""

from collections.abc import Sequence
from pathlib import Path

from app.workspace.checkout import Checkouts
from app.workspace.checks.readers.reading import plain
from app.workspace.environments.plan import PlanError
from app.workspace.environments.preparation import Environment, Environments, Prepared
from app.workspace.objects import Objects
from app.workspace.ports import Logs
from app.workspace.sandbox.errors import SandboxError
from phases.core.errors import BlockedError, TransientError
from phases.core.model import short
from phases.core.receipts import CheckId, CheckKind, CheckStatus, Receipt
from phases.core.submission import Side

_MOST_REMEMBERED = 256
_EXCERPT_LINES = 20
_EXCERPT_LINE = 200
NOTHING = Environment("", (), ())


class EnvironmentKeeper:
    """Gives each commit its environment; `root` is where it makes its checkouts."""

    def __init__(
        self, environments: Environments, checkouts: Checkouts, logs: Logs, root: Path
    ) -> None:
        self._environments = environments
        self._checkouts = checkouts
        self._logs = logs
        self._root = root
        self._known: dict[tuple[str, str], Environment] = {}

    def known(self, scope: str, commit: str) -> Environment | None:
        """Return the environment of a commit if it has been prepared by this process."""
        return self._known.get((scope, commit))

    async def environment(
        self, objects: Objects, scope: str, commit: str, setup: Sequence[str]
    ) -> Environment:
        """Return the environment of a commit, prepared now if it has to be.

        Raises:
            BlockedError: when its dependencies cannot be installed.
            TransientError: when the cage could not be built.
        """
        known = self.known(scope, commit)
        if known is not None:
            return known
        prepared = await self._prepare(objects, scope, commit, setup)
        if prepared.environment is None:
            raise BlockedError(
                f"The dependencies of {short(commit)} could not be installed.{_refused(prepared)}"
                f"\n\n```text\n{_excerpt(prepared.log)}\n```"
            )
        return prepared.environment

    async def receipt(
        self, objects: Objects, scope: str, commit: str, setup: Sequence[str]
    ) -> tuple[Receipt | None, str]:
        """Prepare a commit; return a receipt of the work (None: nothing to install) and its key.

        Raises:
            BlockedError: when there is no telling what to install.
            TransientError: when the cage could not be built.
        """
        prepared = await self._prepare(objects, scope, commit, setup)
        environment = prepared.environment
        if environment is not None and not environment.key:
            return None, ""
        key = environment.key if environment else ""
        tree = await objects.tree_of(commit)
        last = prepared.receipts[-1] if prepared.receipts else None
        receipt = Receipt(
            # There is one prepare for all sides; it has no kind of its own.
            check=CheckId(Side.BACKEND, CheckKind.TESTS),
            status=CheckStatus.PASSED if environment else CheckStatus.FAILED,
            argv=last.argv if last else (),
            exit_code=last.exit_code if last else 0,
            commit=commit,
            tree=tree,
            environment=key,
            seconds=round(sum(one.seconds for one in prepared.receipts), 3),
            log_sha256=await self._logs.keep(plain(prepared.log)),
            reason=_reason(prepared),
            excerpt="" if environment else _excerpt(prepared.log),
        )
        return receipt, key

    async def _prepare(
        self, objects: Objects, scope: str, commit: str, setup: Sequence[str]
    ) -> Prepared:
        place = self._checkouts.place(self._root)
        try:
            await self._checkouts.make(objects, commit, place / "tree", place / "index")
            prepared = await self._environments.prepare(
                place / "tree", scope=scope, setup=list(setup) or None
            )
        except PlanError as error:
            raise BlockedError(str(error)) from error
        except SandboxError as error:
            raise TransientError(f"The prepare cage could not be built: {error}") from error
        finally:
            await self._checkouts.remove(place)
        if prepared.environment is not None:
            while len(self._known) >= _MOST_REMEMBERED:
                self._known.pop(next(iter(self._known)))
            self._known[scope, commit] = prepared.environment
        return prepared


def _reason(prepared: Prepared) -> str:
    if prepared.environment is not None:
        return "installed already" if prepared.cached else ""
    last = prepared.receipts[-1] if prepared.receipts else None
    why = f"It was stopped: {last.killed_for}." if last and last.killed_for else ""
    return f"{why}{_refused(prepared)}".strip()


def _refused(prepared: Prepared) -> str:
    if not prepared.refused:
        return ""
    hosts = ", ".join(prepared.refused[:10])
    return f" These hosts are not allowed (PHASELINE_EGRESS_HOSTS adds one): {hosts}."


def _excerpt(log: str) -> str:
    lines = [line[:_EXCERPT_LINE] for line in plain(log).splitlines() if line.strip()]
    return "\n".join(lines[-_EXCERPT_LINES:])
