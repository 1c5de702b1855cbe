"""`standin.json`: where the stand-in stands and how to act there as the App or as a person.

It is written at every start.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from app.rehearsal.github.store.apps import App, Installation
from app.rehearsal.github.store.people import PersonalToken
from app.rehearsal.github.store.repositories import Membership, Repository

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from app.rehearsal.github.site import Site


def write_summary(session: Session, site: Site) -> None:
    """Write the file (mode 0600) by renaming a whole one into place."""
    content = json.dumps(_summary(session, site), indent=2) + "\n"
    fresh = site.folder / "standin.json.new"
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(content)
    fresh.replace(site.folder / "standin.json")


def _summary(session: Session, site: Site) -> dict[str, Any]:
    repositories = session.scalars(select(Repository).order_by(Repository.id)).all()
    return {
        "url": site.url,
        "api_url": site.api,
        "graphql_url": f"{site.url}/api/graphql",
        "app": _app(session),
        "repositories": [
            {
                "full_name": row.full_name,
                "id": row.id,
                "default_branch": row.default_branch,
                "html_url": site.page(row),
                "clone_url": f"{site.page(row)}.git",
            }
            for row in repositories
        ],
        "people": {
            row.account.login: _person(session, row)
            for row in session.scalars(select(PersonalToken))
        },
    }


def _app(session: Session) -> dict[str, Any] | None:
    app = session.scalar(select(App).order_by(App.id))
    if app is None:
        return None
    installation = session.scalar(select(Installation).where(Installation.app_id == app.id))
    return {
        "id": app.id,
        "slug": app.slug,
        "name": app.name,
        "client_id": app.client_id,
        "bot": {"login": app.bot.login, "id": app.bot.id},
        "installation_id": installation.id if installation else None,
    }


def _person(session: Session, row: PersonalToken) -> dict[str, Any]:
    held = session.scalars(select(Membership).where(Membership.account_id == row.account.id)).all()
    roles = {}
    for membership in held:
        repository = session.get_one(Repository, membership.repository_id)
        roles[repository.full_name] = membership.role
    return {"login": row.account.login, "id": row.account.id, "token": row.token, "roles": roles}
