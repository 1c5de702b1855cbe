"""What runs and repositories have left on this disk. Removed when they are over or gone."""

from pathlib import Path

from app.workspace.removal import remove_tree

SUFFIX = ".git"


class Attic:
    """The object stores of runs below `root`, as `Mirrors` lays them out."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def runs(self) -> tuple[str, ...]:
        """Return the ids of the runs that have left something."""
        found = self._root.glob(f"*/runs/*{SUFFIX}")
        return tuple(sorted(path.name.removesuffix(SUFFIX) for path in found))

    def repositories(self) -> tuple[int, ...]:
        """Return the ids of the repositories of which something is kept here."""
        names = (path.name for path in self._root.glob("*") if path.is_dir())
        return tuple(sorted(int(name) for name in names if name.isascii() and name.isdigit()))

    def remove_repository(self, repository: int) -> None:
        """Remove everything of a repository: its cache, and what its runs have left.

        Raises:
            OSError: when something of it is still there.
        """
        remove_tree(self._root / str(repository))

    def remove(self, run: str) -> None:
        """Remove what a run has left; it is fetched again should the run go on.

        Raises:
            OSError: when something of it is still there.
        """
        for path in self._root.glob(f"*/runs/{run}{SUFFIX}"):
            remove_tree(path)
            path.parent.with_name(f"lock-{run}").unlink(missing_ok=True)
