"""The one who asks, and the rules of who may do what. It reads no request."""

from __future__ import annotations

from dataclasses import dataclass

from app.rehearsal.github import refusals
from app.rehearsal.github.store.apps import App, Installation
from app.rehearsal.github.store.people import Account
from app.rehearsal.github.store.repositories import Repository

ROLES = ("read", "triage", "write", "maintain", "admin")
_LEVELS = {"read": 1, "write": 2, "admin": 3}


@dataclass(frozen=True)
class Grant:
    """What an installation token was minted for.

    `repository_ids` None means all of the installation's.
    """

    installation: Installation
    permissions: dict[str, str]
    repository_ids: frozenset[int] | None

    def allows(self, permission: str, level: str) -> bool:
        """Tell whether the grant holds `permission` at `level` or above."""
        return _LEVELS.get(self.permissions.get(permission, ""), 0) >= _LEVELS[level]

    def reaches(self, repository: Repository) -> bool:
        """Tell whether the grant covers a repository."""
        if repository.id not in {reached.id for reached in self.installation.repositories}:
            return False
        return self.repository_ids is None or repository.id in self.repository_ids


@dataclass(frozen=True)
class Actor:
    """Who asks: nobody, a person, an App (by JWT), or an App's installation (by token)."""

    account: Account | None = None
    app: App | None = None
    grant: Grant | None = None
    token_sha256: str | None = None

    @property
    def kind(self) -> str:
        """A word for logs."""
        if self.grant:
            return "installation"
        if self.app:
            return "app"
        return "person" if self.account else "nobody"

    @property
    def name(self) -> str:
        """The login, or the App's slug."""
        if self.account:
            return self.account.login
        return self.app.slug if self.app else "nobody"

    def person(self) -> Account:
        """Give the account that acts: the person, or the App's bot.

        Raises:
            RefusedError: Nobody has signed in.
        """
        if self.account is None:
            raise refusals.needs_authentication()
        return self.account


def role_of(repository: Repository, account: Account) -> str | None:
    """Give a person's role in a repository, None without one.

    On a public repository everybody reads.
    """
    held = next((one.role for one in repository.members if one.account_id == account.id), None)
    if held is None and not repository.private and account.kind == "User":
        return "read"
    return held


def has_role(role: str | None, least: str) -> bool:
    """Tell whether a role is `least` or above."""
    return role is not None and ROLES.index(role) >= ROLES.index(least)


def may_see(actor: Actor, repository: Repository) -> bool:
    """Tell whether the repository exists for this actor."""
    if actor.grant:
        return actor.grant.reaches(repository) or not repository.private
    if actor.account:
        return role_of(repository, actor.account) is not None
    return not repository.private
