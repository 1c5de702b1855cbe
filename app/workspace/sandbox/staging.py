"""Makes paths of a root service reachable for the uid of its agents; no other service needs it.

That uid cannot walk through a directory of mode 0700, and bubblewrap, which runs as that uid, could
not mount what lies below. So each command starts in a mount namespace of its own in which, still as
root, every source is bound to a numbered place below a directory that all may walk through. Nothing
of this is seen outside that namespace.
"""

import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from app.workspace.sandbox.errors import SandboxError

# The table comes as standard input, which mount insists is a file, and is gone before the cage
# exists.
_BIND_AND_DROP = """
/usr/bin/mount -n -a -T /proc/self/fd/0 || exit 125
uid=$1; input=$2; shift 2
exec /usr/bin/setpriv --reuid "$uid" --regid "$uid" --clear-groups --inh-caps=-all -- "$@" <"$input"
"""


@dataclass(frozen=True)
class Staged:
    """Sources and the places where one command's namespace shows them."""

    places: dict[Path, Path]

    def source(self, path: Path) -> Path:
        """The place of a source."""
        return self.places[path]

    @property
    def table(self) -> bytes:
        """The binds in the format of fstab, for `mount -a`."""
        lines = (
            f"{_escape(source.absolute())} {_escape(place)} none bind 0 0\n"
            for source, place in self.places.items()
        )
        return "".join(lines).encode("utf-8", "surrogateescape")


class Staging:
    """The directory of numbered, empty places. Concurrent commands share it and never meet."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def stage(self, sources: Iterable[Path]) -> Staged:
        """Give every source a place; `SandboxError` when a source or its place cannot be had."""
        places: dict[Path, Path] = {}
        for source in sources:
            if source in places:
                continue
            try:
                is_directory = stat.S_ISDIR(source.stat().st_mode)
                places[source] = self._place(len(places), is_directory=is_directory)
            except OSError as error:
                raise SandboxError(
                    f"cannot stage {source} below {self._directory}: {error}"
                ) from error
        return Staged(places)

    def _place(self, number: int, *, is_directory: bool) -> Path:
        place = self._directory / f"{'d' if is_directory else 'f'}{number}"
        if place.exists():
            return place
        for walked in (*reversed(self._directory.parents), self._directory):
            if not walked.exists():
                walked.mkdir(exist_ok=True)
                walked.chmod(0o711)  # Whatever the umask: the agents' uid walks through it.
        if is_directory:
            place.mkdir(mode=0o755, exist_ok=True)
        else:
            os.close(os.open(place, os.O_CREAT | os.O_RDONLY | os.O_CLOEXEC, 0o644))
        return place


def wrap(argv: list[str], *, uid: int, stdin: int | None) -> list[str]:
    """Start `argv` as `uid` after the binds of the table that the program gets as standard input.

    `stdin` is an inherited descriptor that becomes the standard input of `argv`; None stands for no
    input.
    """
    source = os.devnull if stdin is None else f"/proc/self/fd/{stdin}"
    shell = ["/bin/sh", "-c", _BIND_AND_DROP, "sh", str(uid), source]
    return ["/usr/bin/unshare", "--mount", "--propagation", "private", *shell, *argv]


def _escape(path: Path) -> str:
    text = str(path)
    return "".join(f"\\{ord(mark):03o}" if mark in " \t\n\\#" else mark for mark in text)
