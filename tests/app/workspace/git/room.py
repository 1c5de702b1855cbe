"""The whole room on a git host on loopback: what wiring does, with small stand-ins at its ports."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import sha256
from pathlib import Path

from app.workspace.branches import Branches
from app.workspace.checkout import Checkouts
from app.workspace.checks.run import CheckRunner
from app.workspace.environments.cache import EnvironmentCache
from app.workspace.environments.installer import Installer
from app.workspace.environments.preparation import Environments
from app.workspace.environments.registries import Registries, Sources
from app.workspace.opening import Openings
from app.workspace.preparing import EnvironmentKeeper
from app.workspace.sandbox.sandbox import Sandbox
from app.workspace.tools.toolbox import ToolLimits
from app.workspace.workspaces import GitWorkspaces
from phases.core.agent import Agent, AgentLimits, Roster, Rule, Tier
from tests.app.workspace.git.kit import BOT, Bench, SteppingClock


@dataclass
class KeptLogs:
    """Keeps logs in memory, by their hash."""

    texts: dict[str, str] = field(default_factory=dict)

    async def keep(self, text: str) -> str:
        digest = sha256(text.encode()).hexdigest()
        self.texts[digest] = text
        return digest


@dataclass
class KeptPacks:
    """Keeps packs in memory, at most `most_bytes` of them together."""

    most_bytes: int = 1 << 20
    rows: dict[tuple[str, str], dict[str, bytes]] = field(default_factory=dict)

    async def keep(self, run: str, work: str, tree: str, pack: bytes) -> bool:
        taken = sum(len(one) for row in self.rows.values() for one in row.values())
        if taken + len(pack) > self.most_bytes:
            return False
        self.rows.setdefault((run, work), {}).setdefault(tree, pack)
        return True

    async def trees(self, run: str, work: str) -> tuple[str, ...]:
        return tuple(self.rows.get((run, work), {}))

    async def packs(self, run: str, work: str) -> tuple[bytes, ...]:
        return tuple(self.rows.get((run, work), {}).values())


DEVELOPER = Agent(
    name="backend-developer",
    description="builds",
    tier=Tier.SONNET,
    tools=("bash", "editor", "glob", "grep", "submit"),
    inputs=(),
    inputs_if_present=(),
    outputs=("backend-implementation.md",),
    may_write=("{backend}",),
    must_not=(),
    skills=(),
    limits=AgentLimits(10, 5, Decimal(1)),
    body="",
)


@dataclass(frozen=True)
class OneDeveloper:
    """A roster of one agent, with each text that the repository brings as a rule."""

    patterns: tuple[str, ...] = ("/CLAUDE.md", "/.claude/rules/*.md")

    def read(self, texts: Mapping[str, str]) -> Roster:
        rules = tuple(Rule(path, (), text) for path, text in texts.items())
        return Roster((DEVELOPER,), (), rules)


async def no_sources() -> Sources:
    return Sources(Registries(npm="http://127.0.0.1:9", index="http://127.0.0.1:9"), frozenset())


def whole_room(bench: Bench, sandbox: Sandbox, logs: KeptLogs) -> GitWorkspaces:
    return room_with(bench, sandbox, logs, KeptPacks())


def room_with(bench: Bench, sandbox: Sandbox, logs: KeptLogs, packs: KeptPacks) -> GitWorkspaces:
    data = bench.data
    checkouts = Checkouts(bench.git, sandbox.owner)
    environments = Environments(
        sandbox,
        EnvironmentCache(data / "environments"),
        Installer(sandbox, timeout_s=60),
        no_sources,
    )
    return GitWorkspaces(
        mirrors=bench.mirrors,
        remote=bench.remote,
        branches=Branches(bench.mirrors, bench.remote, bench.git, BOT, SteppingClock()),
        openings=Openings(
            sandbox,
            checkouts,
            bench.committer(),
            ToolLimits(bash_timeout_s=20),
            packs,
            data / "steps",
        ),
        environments=EnvironmentKeeper(environments, checkouts, logs, data / "prepare"),
        checks=CheckRunner(sandbox, checkouts, logs, Path(data / "checks"), 60.0),
        roster=OneDeveloper(),
        logs=logs,
        warning="",
    )
