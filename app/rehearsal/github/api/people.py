"""Users, collaborators and their permission.

And what the service says of itself (meta, rate limit).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from app.rehearsal.github import refusals
from app.rehearsal.github.access.actors import ROLES, role_of
from app.rehearsal.github.api.call import Reply, paged
from app.rehearsal.github.api.routes import Route, only, reads, writes
from app.rehearsal.github.store.people import Account
from app.rehearsal.github.store.repositories import Membership
from app.rehearsal.github.views.people import public_user, simple_user
from app.rehearsal.github.views.repositories import permissions

if TYPE_CHECKING:
    from app.rehearsal.github.api.call import Call
    from app.rehearsal.github.context import Context

COLLABORATORS = "https://docs.github.com/rest/collaborators/collaborators"
# The legacy base roles: maintain is mapped to write, triage to read (the page above).
_LEGACY = {
    "admin": "admin",
    "maintain": "write",
    "write": "write",
    "triage": "read",
    "read": "read",
}
_BY_PERMISSION = {
    "pull": "read",
    "triage": "triage",
    "push": "write",
    "maintain": "maintain",
    "admin": "admin",
}
RATE_LIMIT = 5000


def find_account(context: Context, login: str) -> Account | None:
    """Find an account by its login, whatever its case."""
    return context.session.scalar(select(Account).where(Account.login == login))


def get_user(call: Call) -> Reply:
    """GET /user: the person of the token."""
    return Reply(200, public_user(call.context.site, call.context.account))


def get_user_by_login(call: Call) -> Reply:
    """GET /users/{username}."""
    account = find_account(call.context, call.path["username"])
    if account is None:
        raise refusals.not_found("https://docs.github.com/rest/users/users#get-a-user")
    return Reply(200, public_user(call.context.site, account))


def get_permission(call: Call) -> Reply:
    """GET /repos/{owner}/{repo}/collaborators/{username}/permission.

    A stranger has `none`, an unknown login is 404.
    """
    account = find_account(call.context, call.path["username"])
    if account is None or account.kind == "Organization":
        raise refusals.not_found(f"{COLLABORATORS}#get-repository-permissions-for-a-user")
    role = role_of(call.repository, account)
    shown = {
        "permission": _LEGACY[role] if role else "none",
        "user": _collaborator(call.context, account, role),
        "role_name": role or "",
    }
    return Reply(200, shown)


def _collaborator(context: Context, account: Account, role: str | None) -> dict[str, Any]:
    return {
        **simple_user(context.site, account),
        "permissions": permissions(role),
        "role_name": role or "",
    }


def list_collaborators(call: Call) -> Reply:
    """GET /repos/{owner}/{repo}/collaborators."""
    rows = call.context.session.scalars(
        select(Membership)
        .where(Membership.repository_id == call.repository.id)
        .order_by(Membership.account_id)
    ).all()
    return paged(call, rows, lambda row: _collaborator(call.context, row.account, row.role))


def put_collaborator(call: Call) -> Reply:
    """PUT /repos/{owner}/{repo}/collaborators/{username}.

    Takes effect at once, without an invitation.
    """
    account = find_account(call.context, call.path["username"])
    if account is None or account.kind != "User":
        raise refusals.not_found(COLLABORATORS)
    asked = call.body.optional_text("permission") or "push"
    role = _BY_PERMISSION.get(asked, asked)
    if role not in ROLES:
        raise refusals.invalid_field("Repository", "permission")
    row = _membership(call, account)
    if row:
        row.role = role
    else:
        call.context.session.add(
            Membership(repository_id=call.repository.id, role=role, account=account)
        )
    return Reply(204)


def delete_collaborator(call: Call) -> Reply:
    """DELETE /repos/{owner}/{repo}/collaborators/{username}."""
    account = find_account(call.context, call.path["username"])
    row = _membership(call, account) if account else None
    if row:
        call.context.session.delete(row)
    return Reply(204)


def _membership(call: Call, account: Account) -> Membership | None:
    return call.context.session.get(Membership, (call.repository.id, account.id))


def get_meta(_call: Call) -> Reply:
    """GET /meta."""
    return Reply(200, {"verifiable_password_authentication": False, "installed_version": "3.19.0"})


def get_rate_limit(call: Call) -> Reply:
    """GET /rate_limit: this stand-in counts, and never refuses for it."""
    reset = int(call.context.now.timestamp()) + 3600
    limit = {"limit": RATE_LIMIT, "used": 0, "remaining": RATE_LIMIT, "reset": reset}
    resources = dict.fromkeys(("core", "search", "graphql", "integration_manifest"), limit)
    return Reply(200, {"resources": resources, "rate": limit})


ROUTES = (
    Route("GET", "/user", get_user, only("person")),
    Route("GET", "/users/{username}", get_user_by_login, only("anyone")),
    Route(
        "GET", "/repos/{owner}/{repo}/collaborators/{username}/permission", get_permission, reads()
    ),
    Route("GET", "/repos/{owner}/{repo}/collaborators", list_collaborators, reads()),
    Route(
        "PUT",
        "/repos/{owner}/{repo}/collaborators/{username}",
        put_collaborator,
        writes("administration", role="admin"),
    ),
    Route(
        "DELETE",
        "/repos/{owner}/{repo}/collaborators/{username}",
        delete_collaborator,
        writes("administration", role="admin"),
    ),
    Route("GET", "/meta", get_meta, only("anyone")),
    Route("GET", "/rate_limit", get_rate_limit, only("anyone")),
)
