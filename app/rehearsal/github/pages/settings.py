"""The home page, the switch of viewers, and a repository's settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from app.rehearsal.github import refusals
from app.rehearsal.github.access.actors import ROLES, may_see
from app.rehearsal.github.acts import labels as label_acts
from app.rehearsal.github.acts.refs import protections
from app.rehearsal.github.api.people import find_account
from app.rehearsal.github.pages.gate import Moved, Page
from app.rehearsal.github.pages.issues import labels_of
from app.rehearsal.github.store.apps import Installation
from app.rehearsal.github.store.repositories import Membership, Protection, Repository

if TYPE_CHECKING:
    from app.rehearsal.github.pages.gate import Result, Visit


def home(visit: Visit) -> Result:
    """Every repository that the viewer may see."""
    context = visit.context
    rows = context.session.scalars(select(Repository).order_by(Repository.id)).all()
    return Page("home.html", {"rows": [row for row in rows if may_see(context.actor, row)]})


def profile(visit: Visit) -> Result:
    """A person or organization, with its repositories."""
    context = visit.context
    account = find_account(context, visit.names["login"])
    if account is None:
        raise refusals.not_found()
    rows = context.session.scalars(
        select(Repository).where(Repository.owner_id == account.id)
    ).all()
    seen = [row for row in rows if may_see(context.actor, row)]
    return Page("profile.html", {"account": account, "rows": seen})


def switch_viewer(visit: Visit) -> Result:
    """Look at the pages as somebody else."""
    account = find_account(visit.context, visit.field("login"))
    if account is None or account.kind != "User":
        raise refusals.not_found()
    to = visit.field("to")
    return Moved(
        to if to.startswith("/") and not to.startswith("//") else "/", cookie=account.login
    )


def repository_settings(visit: Visit) -> Result:
    """Who may do what, the labels, the protected branches and the installed Apps."""
    visit.demand("admin")
    session = visit.context.session
    members = session.scalars(
        select(Membership)
        .where(Membership.repository_id == visit.repository.id)
        .order_by(Membership.account_id)
    ).all()
    installations = [
        row
        for row in session.scalars(select(Installation)).all()
        if visit.repository in row.repositories
    ]
    values = {
        "members": members,
        "roles": ROLES,
        "labels": labels_of(visit),
        "patterns": protections(visit.context, visit.repository),
        "installations": installations,
        "branches": [name.removeprefix("refs/heads/") for name in visit.git.refs()],
    }
    return Page("repository_settings.html", {"tab": "settings", **values})


def change_settings(visit: Visit) -> Result:
    """Take one of the forms of the settings page."""
    visit.demand("admin")
    forms = {
        "member": _member,
        "label": _label,
        "label-delete": _label_delete,
        "protect": _protect,
        "unprotect": _unprotect,
        "general": _general,
    }
    form = forms.get(visit.field("form"))
    if form is None:
        raise refusals.not_found()
    form(visit)
    return Moved(f"/{visit.repository.full_name}/settings")


def _member(visit: Visit) -> None:
    account = find_account(visit.context, visit.field("login"))
    if account is None or account.kind != "User":
        raise refusals.unprocessable(f"There is nobody called {visit.field('login')} here.")
    session, role = visit.context.session, visit.field("role")
    row = session.get(Membership, (visit.repository.id, account.id))
    if role not in ROLES:
        if row:
            session.delete(row)
    elif row:
        row.role = role
    else:
        session.add(Membership(repository_id=visit.repository.id, role=role, account=account))


def _label(visit: Visit) -> None:
    color = visit.field("color").removeprefix("#")
    label_acts.create_label(
        visit.context,
        visit.repository,
        visit.field("name"),
        color,
        visit.field("description") or None,
    )


def _label_delete(visit: Visit) -> None:
    row = label_acts.find_label(visit.context, visit.repository, visit.field("name"))
    if row:
        label_acts.delete_label(visit.context, visit.repository, row)


def _protect(visit: Visit) -> None:
    pattern = visit.field("pattern").strip()
    if not pattern or "\n" in pattern:
        raise refusals.unprocessable("Give a branch name or pattern.")
    if visit.context.session.get(Protection, (visit.repository.id, pattern)) is None:
        visit.context.session.add(Protection(repository_id=visit.repository.id, branch=pattern))


def _unprotect(visit: Visit) -> None:
    row = visit.context.session.get(Protection, (visit.repository.id, visit.field("pattern")))
    if row:
        visit.context.session.delete(row)


def _general(visit: Visit) -> None:
    row = visit.repository
    row.description = visit.field("description") or None
    row.private = visit.field("visibility") != "public"
    if visit.git.ref(f"refs/heads/{visit.field('default_branch')}"):
        row.default_branch = visit.field("default_branch")
