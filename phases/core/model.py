"""The things a run is made of. No behaviour beyond what follows from the data itself."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from phases.core.machine import RunState
from phases.core.submission import Side


@dataclass(frozen=True)
class Repository:
    """A repository by GitHub's numeric id; the name is only what it is called today."""

    id: int
    owner: str
    name: str
    installation: int
    default_branch: str

    @property
    def full_name(self) -> str:
        """`owner/name`."""
        return f"{self.owner}/{self.name}"


@dataclass(frozen=True)
class Person:
    """Somebody on GitHub, by numeric id."""

    id: int
    login: str


class Role(StrEnum):
    """What a person may do in a repository (`role_name` of the collaborator-permission API)."""

    NONE = "none"
    READ = "read"
    TRIAGE = "triage"
    WRITE = "write"
    MAINTAIN = "maintain"
    ADMIN = "admin"

    @property
    def may_command(self) -> bool:
        """Whether this role may start and steer runs."""
        return self in {Role.WRITE, Role.MAINTAIN, Role.ADMIN}


@dataclass(frozen=True)
class RequestComment:
    """A comment that stood on the issue before the label, unchanged since."""

    author: str
    body: str
    created_at: datetime


@dataclass(frozen=True)
class Request:
    """The issue as it stood at the label, frozen."""

    title: str
    body: str
    author: str
    comments: tuple[RequestComment, ...]
    taken_at: datetime


@dataclass(frozen=True)
class PullRequest:
    """The run's pull request on GitHub."""

    number: int
    node_id: str
    url: str
    draft: bool


@dataclass(frozen=True)
class Places:
    """Where things lie in a repository, as gitignore patterns; a side without any is not there."""

    backend: tuple[str, ...] = ()
    frontend: tuple[str, ...] = ()
    docs: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()

    def of(self, side: Side) -> tuple[str, ...]:
        """Return the patterns of a side."""
        return {
            Side.BACKEND: self.backend,
            Side.FRONTEND: self.frontend,
            Side.DOCS: self.docs,
        }[side]


@dataclass(frozen=True)
class Base:
    """What a run starts from: the commit, and what was read of the repository at it.

    `plan_gate` says that the repository wants its plans approved by a person.
    """

    sha: str
    branch: str
    places: Places
    plan_gate: bool = False


@dataclass(frozen=True)
class Drift:
    """Where a run's base branch stands by now, when that is not the commit it started from.

    `behind` counts the commits that the run's branch lacks, and `conflicts` are the paths that do
    not merge cleanly; None and nothing as long as nobody has looked.
    """

    tip: str
    behind: int | None = None
    conflicts: tuple[str, ...] = ()


class Variant(StrEnum):
    """Which of our labels started a run: the plain one, or one with this behind a colon."""

    STANDARD = "standard"
    PLAN = "plan"
    LIGHT = "light"
    FULL = "full"


class Awaited(StrEnum):
    """What a waiting run waits for, when that is a person."""

    APPROVAL = "approval"
    RESUME = "resume"


@dataclass(frozen=True)
class Awaiting:
    """Since when a run waits for a person; `plans` is the hash of the plans to be approved."""

    what: Awaited
    since: datetime
    plans: str = ""


@dataclass(frozen=True)
class Run:
    """One passage of one issue through the pipeline.

    `edited` is how the issue reads by now, when that is not what the run works from; `adopted` the
    last commit of a person's that the run goes on from; `drift` how far its base has moved since.
    """

    id: str
    repository: Repository
    issue: int
    number: int
    labeller: Person
    state: RunState
    segment: int
    created_at: datetime
    limit_usd: Decimal
    request: Request | None = None
    base: Base | None = None
    branch: str | None = None
    head: str | None = None
    pull_request: PullRequest | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    # When a person last asked for it to go on; not before the end of what it had done by then.
    asked_at: datetime | None = None
    reason: str = ""
    variant: Variant = Variant.STANDARD
    awaiting: Awaiting | None = None
    edited: Request | None = None
    adopted: str | None = None
    drift: Drift | None = None

    def asked_since(self, moment: datetime) -> bool:
        """Tell whether a person has let the run go on since, knowing what was so then."""
        # GitHub tells whole seconds: nobody sees, and answers, what was so within the same one.
        return self.asked_at is not None and moment < self.asked_at

    def awaits(self, what: Awaited) -> bool:
        """Tell whether the run waits for a person to do this."""
        return (
            self.state is RunState.WAITING
            and self.awaiting is not None
            and self.awaiting.what is what
        )


@dataclass(frozen=True)
class Commit:
    """A commit of this run."""

    sha: str
    tree: str
    subject: str
    files: tuple[str, ...]
    additions: int
    deletions: int

    @property
    def short(self) -> str:
        """As much of the name as GitHub makes a link of and a person can read."""
        return short(self.sha)


@dataclass(frozen=True)
class Merge:
    """A merge of the base branch at `tip`: the commit, or the paths that do not merge cleanly."""

    tip: str
    conflicts: tuple[str, ...]
    commit: Commit | None


@dataclass(frozen=True)
class Arrival:
    """Commits of people's on top of a run's head: the new tip, and how many they are."""

    tip: str
    count: int


def short(sha: str) -> str:
    """Return the first ten digits of a commit's name."""
    return sha[:10]


@dataclass(frozen=True)
class Artifact:
    """A named document made by a step; `sha256` is over its UTF-8 text."""

    name: str
    text: str
    sha256: str


class ChangeKind(StrEnum):
    """How a path differs from the commit a step started from."""

    ADDED = "added"
    MODIFIED = "modified"
    DELETED = "deleted"


@dataclass(frozen=True)
class Change:
    """One path that a step has changed; `refusal` says why the scan would not take it as it is."""

    path: str
    kind: ChangeKind
    refusal: str = ""


class StepOutcome(StrEnum):
    """How a piece of work ended."""

    DONE = "done"
    NO_CHANGE = "no_change"
    SKIPPED = "skipped"
    WAIVED = "waived"
    NO_OUTPUT = "no_output"
    OUT_OF_SCOPE = "out_of_scope"
    TIMED_OUT = "timed_out"
    OVER_BUDGET = "over_budget"
    INFRA_ERROR = "infra_error"
    REFUSED = "refused"
    BLOCKED = "blocked"
    CANCELLED = "cancelled"
    # A person had it done again; it stays on record, and its commit on the branch.
    SUPERSEDED = "superseded"


ACCEPTED = frozenset(
    {StepOutcome.DONE, StepOutcome.NO_CHANGE, StepOutcome.SKIPPED, StepOutcome.WAIVED}
)
