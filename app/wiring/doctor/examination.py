"""One thing to look at and what was found; what there is to look at stands beside this file."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.claude.models import ModelsError
from app.claude.prices import NoPriceError
from app.github.errors import RefusedByGitHubError
from app.github.key import PrivateKeyError
from app.roster import RosterError
from app.settings import SettingsError
from app.store.migrating import NewerSchemaError, UnreachableError
from app.wiring.refusals import StartError
from app.workspace.sandbox.errors import SandboxError
from phases.core.errors import BlockedError, TransientError

_REFUSALS = (
    StartError,
    SettingsError,
    SandboxError,
    RosterError,
    NewerSchemaError,
    UnreachableError,
    PrivateKeyError,
    ModelsError,
    NoPriceError,
    RefusedByGitHubError,
    BlockedError,
    TransientError,
    OSError,
)


class Verdict(StrEnum):
    """How it is with one thing."""

    OK = "ok"
    NOTE = "note"
    MEND = "mend"
    LATER = "later"


class Note(str):
    """What was found is sound, and worth a person's attention."""

    __slots__ = ()


@dataclass(frozen=True)
class Examination:
    """One thing to look at; `examine` returns what it found, or raises what is wrong with it.

    There is no sense in it before the subjects that it `needs` are sound.
    """

    subject: str
    examine: Callable[[], Awaitable[str]]
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Examined:
    """What an examination found; when it is not `sound`, `told` says what to do."""

    subject: str
    verdict: Verdict
    told: str

    @property
    def sound(self) -> bool:
        """Whether nothing has to be mended."""
        return self.verdict in {Verdict.OK, Verdict.NOTE}


async def examined(examination: Examination) -> Examined:
    """Carry out an examination; what it raises is its result."""
    try:
        told = await examination.examine()
    except _REFUSALS as error:
        return Examined(examination.subject, Verdict.MEND, str(error))
    verdict = Verdict.NOTE if isinstance(told, Note) else Verdict.OK
    return Examined(examination.subject, verdict, told)


async def examine_all(examinations: Sequence[Examination]) -> AsyncIterator[Examined]:
    """Carry them out in order; one that needs what is not sound is left for later."""
    unsound: set[str] = set()
    for examination in examinations:
        missing = [subject for subject in examination.needs if subject in unsound]
        if missing:
            told = f"is looked at when this is sound: {', '.join(missing)}"
            found = Examined(examination.subject, Verdict.LATER, told)
        else:
            found = await examined(examination)
        if not found.sound:
            unsound.add(found.subject)
        yield found
