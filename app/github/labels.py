"""The labels that start runs: made in each repository where they are missing.

One that is there stays as people have made it. Which label means what, the inbox reads.
"""

import logging

from app.github.answers import LabelAnswer
from app.github.client import GitHubClients
from app.github.errors import RefusedByGitHubError
from app.github.installed import repositories_of
from app.github.paging import PER_PAGE, all_pages
from app.github.purposes import Purpose
from phases.core.events import Removed
from phases.core.model import Repository, Variant

log = logging.getLogger(__name__)

MOST_PAGES = 10
COLOUR = "5319e7"
_DESCRIPTIONS = {
    Variant.STANDARD: "Phaseline: build this issue and open a pull request",
    Variant.PLAN: "Phaseline: plan this issue and wait for approval before building",
    Variant.LIGHT: "Phaseline: build this issue, with fewer steps",
    Variant.FULL: "Phaseline: build this issue, reviewed twice",
}


def label_names(label: str) -> dict[Variant, str]:
    """Return the names of our labels."""
    return {
        variant: label if variant is Variant.STANDARD else f"{label}:{variant}"
        for variant in Variant
    }


class Labels:
    """Furnishes repositories with the labels of one App, each once per process and installation."""

    def __init__(self, clients: GitHubClients, *, label: str) -> None:
        self._clients = clients
        self._names = label_names(label)
        # By repository the installation that it was furnished for.
        self._furnished: dict[int, int] = {}

    async def furnish(self, installation: int) -> None:
        """Furnish every repository of an installation.

        Raises:
            TransientError, BlockedError: when GitHub does not answer, or not us.
        """
        try:
            repositories = await repositories_of(self._clients, installation)
        except RefusedByGitHubError as refusal:
            log.warning("installation %s cannot be looked at: %s", installation, refusal)
            return
        for repository in repositories:
            await self.furnish_repository(repository)

    async def furnish_repository(self, repository: Repository) -> None:
        """Make what is missing; a repository that refuses is left as it is, and noted."""
        if repository.id in self._furnished:
            return
        try:
            await self._make_missing(repository)
        except RefusedByGitHubError as refusal:
            log.warning("%s has no labels of ours: %s", repository.full_name, refusal)
        self._furnished[repository.id] = repository.installation

    def forget(self, removed: Removed) -> None:
        """Have repositories that are taken from us furnished anew when they come back."""
        for repository, installation in tuple(self._furnished.items()):
            named = removed.repositories is None or repository in removed.repositories
            if named and installation == removed.installation:
                del self._furnished[repository]

    async def _make_missing(self, repository: Repository) -> None:
        api = self._clients.of(repository, Purpose.CONVERSE)
        owner, name = repository.owner, repository.name
        found = await all_pages(
            api,
            LabelAnswer,
            lambda rest, page: rest.issues.async_list_labels_for_repo(
                owner, name, per_page=PER_PAGE, page=page
            ),
            most_pages=MOST_PAGES,
        )
        there = {label.name.casefold() for label in found}
        for variant, label in self._names.items():
            if label.casefold() not in there:
                await self._make(repository, label, _DESCRIPTIONS[variant])

    async def _make(self, repository: Repository, label: str, description: str) -> None:
        api = self._clients.of(repository, Purpose.CONVERSE)
        try:
            await api.ensure(
                lambda rest: rest.issues.async_create_label(
                    repository.owner,
                    repository.name,
                    name=label,
                    color=COLOUR,
                    description=description,
                )
            )
        except RefusedByGitHubError as refusal:
            if not refusal.says("already_exists"):
                raise
