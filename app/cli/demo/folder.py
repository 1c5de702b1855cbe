"""The demo's directory: who may use it, where things lie, how they get there. No meaning."""

import fcntl
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.cli.demo.trouble import DemoError

LOCK = "lock"


@dataclass(frozen=True)
class Folder:
    """Paths below the data directory of one demo."""

    root: Path

    @property
    def cast(self) -> Path:
        """What this directory rehearses, and its ports."""
        return self.root / "demo.json"

    @property
    def outcome(self) -> Path:
        """The outcome of the run, once it has ended."""
        return self.root / "outcome.json"

    @property
    def private_key(self) -> Path:
        """The App's private key."""
        return self.root / "app.private-key.pem"

    @property
    def webhook_secret(self) -> Path:
        """The App's webhook secret."""
        return self.root / "webhook-secret"

    @property
    def settings(self) -> Path:
        """The service's settings, for commands that are given in this directory."""
        return self.root / ".env"

    @property
    def source(self) -> Path:
        """The sample repository, before it is hosted."""
        return self.root / "source"

    @property
    def github(self) -> Path:
        """The state of the stand-in GitHub."""
        return self.root / "github"

    @property
    def service(self) -> Path:
        """The data directory of the service."""
        return self.root / "service"

    @property
    def logs(self) -> Path:
        """The logs of all three."""
        return self.root / "logs"

    def log(self, name: str) -> Path:
        """Return the log of one process."""
        return self.logs / f"{name}.log"

    def prepare(self) -> None:
        """Make the directories that are not there yet."""
        for path in (self.github, self.service, self.logs):
            path.mkdir(mode=0o700, exist_ok=True)


def put(path: Path, content: bytes) -> None:
    """Write a file of mode 0600 whole or not at all."""
    partial = path.with_name(path.name + ".partial")
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


@contextmanager
def opened(root: Path) -> Iterator[Folder]:
    """Hold the directory for this process alone; make it when it is not there.

    Raises:
        DemoError: another demo runs on it, or it cannot be used.
    """
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (root / LOCK).open("a+")
    except OSError as error:
        raise DemoError(f"{root} cannot be used: {error.strerror}. Give another --data.") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise DemoError(
                f"Another demo runs on {root}. End it, or give this one another --data."
            ) from error
        yield Folder(root.resolve())


def discard(folder: Folder) -> None:
    """Remove what a demo left in its directory.

    Raises:
        DemoError: the directory holds things, but no demo was ever there.
    """
    entries = [path for path in folder.root.iterdir() if path.name != LOCK]
    if entries and not folder.cast.exists():
        raise DemoError(
            f"{folder.root} is not the directory of a demo, so --fresh leaves it alone."
            " Give another --data."
        )
    # The cast goes last: a removal that is cut short can be done again.
    for path in sorted(entries, key=lambda path: path == folder.cast):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, onerror=_open_up)
        else:
            path.unlink()


def _open_up(remove: Any, name: str, _error: Any) -> None:
    """Make a read-only directory removable and try once more."""
    Path(name).parent.chmod(stat.S_IRWXU)
    if not Path(name).is_symlink() and Path(name).is_dir():
        Path(name).chmod(stat.S_IRWXU)
    remove(name)
