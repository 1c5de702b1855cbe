"""Git, the cage, prepared environments and the team, joined for the phases."""

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from app.clock import SystemClock
from app.github.connection import GitHubConnection
from app.github.identity import Identity
from app.roster import DEFINITIONS, RosterError, join_repository, read_roster
from app.settings import Settings
from app.wiring.sandbox import chosen_sandbox
from app.wiring.store import Store, secrets_of
from app.workspace.branches import Branches
from app.workspace.checkout import Checkouts
from app.workspace.checks.run import CheckRunner
from app.workspace.committing import Bot, Committer
from app.workspace.environments.cache import EnvironmentCache
from app.workspace.environments.egress import parse_hosts
from app.workspace.environments.installer import Installer
from app.workspace.environments.preparation import Environments
from app.workspace.environments.registries import Sources, find_sources
from app.workspace.git import Git
from app.workspace.leaks import Leaks
from app.workspace.mirror import Mirrors
from app.workspace.opening import Openings
from app.workspace.preparing import EnvironmentKeeper
from app.workspace.remote import Remote
from app.workspace.sandbox.sandbox import Sandbox
from app.workspace.tools.toolbox import ToolLimits
from app.workspace.workspaces import GitWorkspaces
from phases.core.agent import Roster
from phases.core.errors import BlockedError

AGENTS = Path(__file__).parents[2] / "agents"
REPOSITORIES = "repositories"
ENVIRONMENTS = "environments"
INSTALL_SECONDS = 1800.0
GIT = Path("/usr/bin/git")


class BuiltInTeam:
    """The roster for a repository: ours, joined by what the repository brings."""

    def __init__(self, roster: Roster, patterns: tuple[str, ...]) -> None:
        self._roster = roster
        self.patterns = patterns

    def read(self, texts: Mapping[str, str]) -> Roster:
        """Return the roster.

        Raises:
            BlockedError: when the repository's files cannot be used.
        """
        try:
            return join_repository(self._roster, texts, ()).roster
        except RosterError as error:
            raise BlockedError(f"The repository's agent files cannot be used. {error}") from error


def team() -> Roster:
    """Return the built-in team.

    Raises:
        RosterError: when its files are not as they must be.
    """
    return read_roster(AGENTS)


def workspaces_of(
    settings: Settings,
    store: Store,
    connection: GitHubConnection,
    identity: Identity,
    clock: SystemClock,
) -> GitWorkspaces:
    """Return git and the cage for the phases."""
    sandbox = chosen_sandbox(settings)
    data = settings.data_dir.absolute()
    git = git_of(settings)
    remote = Remote(git, connection.tokens, settings.github_url, clock)
    checkouts = Checkouts(git, sandbox.owner)
    bot = Bot(identity.name, identity.email)
    committer = Committer(bot, Leaks(secrets_of(settings)), clock)
    mirrors = Mirrors(git, remote, data / REPOSITORIES)
    kept = kept_environments(settings)
    environments = environments_of(kept, settings.egress_hosts, sandbox)
    limits = ToolLimits(most_bash_timeout_s=settings.command_timeout_seconds)
    return GitWorkspaces(
        mirrors=mirrors,
        remote=remote,
        branches=Branches(mirrors, remote, git, bot, clock),
        openings=Openings(sandbox, checkouts, committer, limits, store.packs, data / "steps"),
        environments=EnvironmentKeeper(environments, checkouts, store.logs, data / "prepare"),
        checks=CheckRunner(
            sandbox, checkouts, store.logs, data / "checks", settings.check_timeout_seconds
        ),
        roster=BuiltInTeam(team(), DEFINITIONS),
        logs=store.logs,
        warning=sandbox.warning,
    )


def kept_environments(settings: Settings) -> EnvironmentCache:
    """Return the prepared dependencies that this worker has."""
    kept = settings.environments_dir or settings.data_dir / ENVIRONMENTS
    return EnvironmentCache(kept.absolute())


def environments_of(kept: EnvironmentCache, egress_hosts: str, sandbox: Sandbox) -> Environments:
    """Return what prepares the dependencies of repositories and keeps them below a directory."""

    async def sources() -> Sources:
        more = parse_hosts(egress_hosts)
        return await find_sources(os.environ, Path.home(), sandbox.toolchain.node, more)

    return Environments(
        sandbox,
        kept,
        Installer(sandbox, timeout_s=INSTALL_SECONDS),
        sources,
    )


def git_of(settings: Settings) -> Git:
    """Return the git program, with the transports that this GitHub needs."""
    return Git(GIT, schemes=_schemes(settings), network=_network())


def _schemes(settings: Settings) -> tuple[str, ...]:
    scheme = urlsplit(settings.github_url).scheme
    return ("https", "http") if scheme == "http" else ("https",)


def _network() -> dict[str, str]:
    """Return the variables that a proxy or a private certificate authority needs."""
    names = (
        "HTTPS_PROXY",
        "https_proxy",
        "NO_PROXY",
        "no_proxy",
        "GIT_SSL_CAINFO",
        "SSL_CERT_FILE",
    )
    return {name: os.environ[name] for name in names if name in os.environ}
