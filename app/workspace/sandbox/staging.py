"""Makes paths of a root service reachable for the uid of its agents; no other service needs it.

That uid cannot walk through a directory of mode 0700, and bubblewrap, which runs as that uid, could
not mount what lies below. So a thread that starts commands first moves into a mount namespace of
its own, for good; there every source of a command is bound to a numbered place below a directory
that all may walk through, until the command has ended. Nothing of this is seen outside, and
whatever is left ends with the service.
"""

import itertools
import os
import stat
import threading
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

from app.workspace.sandbox import mounting
from app.workspace.sandbox.errors import SandboxError


class _Thread(threading.local):
    """What each thread has for itself: its namespace, and the numbers of rooms in that."""

    def __init__(self) -> None:
        self.moved = False
        self.numbers = itertools.count()
        self.free: list[int] = []


class Staging:
    """The directory of empty places. Concurrent commands share it and never meet."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._thread = _Thread()

    def stage(self, sources: Iterable[Path], undo: ExitStack) -> dict[Path, Path]:
        """Give every source a place until `undo`, on the same thread; return the places.

        Raises `SandboxError` when a source or its place cannot be had.
        """
        self._move_in()
        room = self._room(undo)
        places: dict[Path, Path] = {}
        for source in sources:
            if source not in places:
                places[source] = _place(room, len(places), source)
                _bind(source.absolute(), places[source])
        return places

    def _move_in(self) -> None:
        """Give this thread its namespace, once."""
        if self._thread.moved:
            return
        try:
            mounting.leave_mount_namespace()
        except OSError as error:
            raise SandboxError(f"cannot make a mount namespace: {error.strerror}") from error
        self._thread.moved = True

    def _room(self, undo: ExitStack) -> Path:
        """A directory for the places of one command: a mount, with which all in it are undone."""
        free = self._thread.free
        number = free.pop() if free else next(self._thread.numbers)
        undo.callback(free.append, number)
        room = self._directory / str(number)
        try:
            _make_walkable(room)
        except OSError as error:
            raise SandboxError(f"cannot stage anything below {room}: {error}") from error
        _bind(room, room)
        undo.callback(mounting.detach, room)
        return room


def _bind(source: Path, place: Path) -> None:
    try:
        mounting.bind(source, place)
    except OSError as error:
        raise SandboxError(f"cannot mount {source} at {place}: {error.strerror}") from error


def _place(room: Path, number: int, source: Path) -> Path:
    try:
        is_directory = stat.S_ISDIR(source.stat().st_mode)
        place = room / f"{'d' if is_directory else 'f'}{number}"
        if is_directory:
            place.mkdir(mode=0o755, exist_ok=True)
        else:
            os.close(os.open(place, os.O_CREAT | os.O_RDONLY | os.O_CLOEXEC, 0o644))
    except OSError as error:
        raise SandboxError(f"cannot stage {source} below {room}: {error}") from error
    return place


def _make_walkable(directory: Path) -> None:
    for walked in (*reversed(directory.parents), directory):
        if not walked.exists():
            walked.mkdir(exist_ok=True)
            walked.chmod(0o711)  # Whatever the umask: the agents' uid walks through it.


def drop(argv: list[str], uid: int) -> list[str]:
    """Start `argv` as `uid` and the group of that number, in no other group."""
    return ["/usr/bin/unshare", "--setgid", str(uid), "--setuid", str(uid), "--", *argv]
