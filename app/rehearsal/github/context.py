"""One request while it is served: its transaction, who asks, and when. It serves nothing itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from app.rehearsal.github.access.actors import Actor
from app.rehearsal.github.site import Site
from app.rehearsal.github.store.base import moment

if TYPE_CHECKING:
    from app.rehearsal.github.git.bare import BareRepository
    from app.rehearsal.github.store.apps import App
    from app.rehearsal.github.store.people import Account
    from app.rehearsal.github.store.repositories import Repository


@dataclass(frozen=True)
class Context:
    """What acts and views need.

    The session of this request's transaction, the site, the actor and the moment.
    """

    session: Session
    site: Site
    actor: Actor
    now: datetime

    @property
    def time(self) -> str:
        """The moment as it is stored."""
        return moment(self.site.clock())

    @property
    def account(self) -> Account:
        """The account that acts; 401 when nobody has signed in."""
        return self.actor.person()

    @property
    def through(self) -> App | None:
        """The App through whose token the actor acts."""
        return self.actor.app if self.actor.grant else None

    def git(self, repository: Repository) -> BareRepository:
        """The git side of a repository."""
        return self.site.git(repository)
