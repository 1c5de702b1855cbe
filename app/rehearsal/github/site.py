"""What every request can reach.

Where the stand-in stands, its folder, its clock and its repositories' git side.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from app.rehearsal.github.git.bare import BareRepository

if TYPE_CHECKING:
    from app.rehearsal.github.store.repositories import Repository


@dataclass(frozen=True)
class Site:
    """The stand-in as one place: `url` has no trailing slash; `clock` gives aware UTC moments."""

    url: str
    folder: Path
    clock: Callable[[], datetime]

    @property
    def api(self) -> str:
        """The base of the REST API, in the layout of GitHub Enterprise Server."""
        return f"{self.url}/api/v3"

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.folder / "github.db"

    @property
    def git_root(self) -> Path:
        """The folder of the bare repositories."""
        return self.folder / "repositories"

    def git(self, repository: Repository) -> BareRepository:
        """Give the git side of a repository.

        Its folder is named by id, so that no name reaches the file system.
        """
        return BareRepository(self.git_root / f"{repository.id}.git")

    def page(self, repository: Repository) -> str:
        """The address of a repository's page."""
        return f"{self.url}/{repository.full_name}"

    def rest(self, repository: Repository) -> str:
        """The address of a repository in the REST API."""
        return f"{self.api}/repos/{repository.full_name}"
