"""Keeps what a command prints: all of it up to a limit, head and tail for whoever reads it."""

HEAD_AND_TAIL = 32 << 10
"""How many bytes of output a reader is shown: half from the start, half from the end."""


class Capture:
    """Collects bytes; keeps at most `limit` of them and counts the rest."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept = bytearray()
        self.seen = 0

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes."""
        self.seen += len(chunk)
        self._kept += chunk[: max(0, self._limit - len(self._kept))]

    @property
    def overflowed(self) -> bool:
        """Whether more came than was kept."""
        return self.seen > len(self._kept)

    @property
    def content(self) -> bytes:
        """What was kept."""
        return bytes(self._kept)


def head_and_tail(content: bytes, cap: int) -> tuple[str, bool]:
    """Cut `content` to `cap` bytes, half from each end; returns text and whether it is cut.

    Bytes that are not UTF-8 become U+FFFD.
    """
    if len(content) <= cap:
        return content.decode("utf-8", "replace"), False
    head, tail = content[: cap // 2], content[len(content) - (cap - cap // 2) :]
    left_out = len(content) - len(head) - len(tail)
    text = f"{_cut_end(head)}\n[... {left_out} bytes left out ...]\n{_cut_start(tail)}"
    return text, True


def _cut_end(head: bytes) -> str:
    return head.decode("utf-8", "replace").rstrip("\ufffd")


def _cut_start(tail: bytes) -> str:
    return tail.decode("utf-8", "replace").lstrip("\ufffd")
