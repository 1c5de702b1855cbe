"""What a route is and what it needs.

The audience, the permission of a token, the role of a person.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import aliased

from app.rehearsal.github import refusals
from app.rehearsal.github.access.actors import has_role, may_see, role_of
from app.rehearsal.github.api.call import Call, Reply
from app.rehearsal.github.store.people import Account
from app.rehearsal.github.store.repositories import Repository

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from app.rehearsal.github.access.actors import Actor


@dataclass(frozen=True)
class Needs:
    """What the asker must have; `permissions` are alternatives, each at `level`.

    `role` is a person's least role.
    """

    audience: str = "repository"
    permissions: tuple[str, ...] = ("metadata",)
    level: str = "read"
    role: str = "read"
    documentation: str = refusals.DOCS


@dataclass(frozen=True)
class Route:
    """One operation: method, path template below the API's base, its handler and its needs."""

    method: str
    path: str
    handler: Callable[[Call], Reply]
    needs: Needs


def reads(*permissions: str, documentation: str = refusals.DOCS) -> Needs:
    """Needs for looking at something of a repository."""
    return Needs(permissions=permissions or ("metadata",), documentation=documentation)


def writes(*permissions: str, role: str = "read", documentation: str = refusals.DOCS) -> Needs:
    """Needs for changing something of a repository."""
    return Needs(permissions=permissions, level="write", role=role, documentation=documentation)


def only(audience: str) -> Needs:
    """Needs of a route without a repository: `app`, `installation`, `person` or `anyone`."""
    return Needs(audience=audience)


def find_repository(session: Session, owner: str, name: str) -> Repository | None:
    """Find a repository by the names in a path."""
    holder = aliased(Account)
    return session.scalar(
        select(Repository)
        .join(holder, Repository.owner_id == holder.id)
        .where(holder.login == owner, Repository.name == name)
    )


def admit(session: Session, actor: Actor, needs: Needs, path: dict[str, str]) -> Repository | None:
    """Let a request in or refuse it; gives the repository that its path names.

    Raises:
        RefusedError: 401, 403 or 404 as GitHub answers.
    """
    if needs.audience != "repository":
        _admit_audience(actor, needs.audience)
        if "owner" not in path:
            return None
    repository = find_repository(session, path["owner"], path["repo"])
    if needs.audience == "app":
        if repository is None:
            raise refusals.not_found(needs.documentation)
        return repository
    if repository is None or (actor.app and not actor.grant) or not may_see(actor, repository):
        raise refusals.not_found(needs.documentation)
    _check_permission(actor, repository, needs)
    return repository


def _admit_audience(actor: Actor, audience: str) -> None:
    if audience == "app" and (actor.app is None or actor.grant):
        raise refusals.RefusedError(401, "A JSON web token could not be decoded")
    if audience == "installation" and actor.grant is None:
        raise refusals.RefusedError(403, "You must authenticate with an installation access token")
    if audience == "person":
        if actor.app:
            raise refusals.not_accessible()
        actor.person()


def _check_permission(actor: Actor, repository: Repository, needs: Needs) -> None:
    if actor.grant:
        allowed = any(
            actor.grant.allows(permission, needs.level) for permission in needs.permissions
        )
        if not actor.grant.reaches(repository):
            allowed = needs.level == "read"
        if not allowed:
            raise refusals.not_accessible(needs.documentation)
        return
    if actor.account is None:
        if needs.level == "write":
            raise refusals.needs_authentication()
        return
    if not has_role(role_of(repository, actor.account), needs.role):
        raise refusals.must_have_rights()
