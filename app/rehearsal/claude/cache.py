"""The prompt cache by its documented rules: what a request reads, writes and pays in full.

https://platform.claude.com/docs/en/build-with-claude/prompt-caching. Prices are not its affair;
tokens are counted at three characters each.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.rehearsal.claude.errors import refused
from app.rehearsal.claude.request import MessagesRequest

CHARACTERS_A_TOKEN = 3
MOST_MARKERS = 4
LOOKBACK = 20
FLOOR = 1_024
LIFETIMES = {"5m": 300.0, "1h": 3_600.0}


@dataclass(frozen=True)
class Prefix:
    """A prompt up to one block: key over model and bytes, size in tokens, the block's marker."""

    key: str
    tokens: int
    marker: str | None


@dataclass(frozen=True)
class Bill:
    """The input side of `usage`, in tokens."""

    uncached: int
    written_5m: int
    written_1h: int
    read: int

    def usage(self) -> dict[str, Any]:
        """Return the fields of `usage` that describe the input."""
        return {
            "input_tokens": self.uncached,
            "cache_creation_input_tokens": self.written_5m + self.written_1h,
            "cache_read_input_tokens": self.read,
            "cache_creation": {
                "ephemeral_5m_input_tokens": self.written_5m,
                "ephemeral_1h_input_tokens": self.written_1h,
            },
        }


@dataclass
class _Entry:
    lifetime: float
    expires: float


class PromptCache:
    """All entries of all models; `begin` makes visible what a beginning reply writes."""

    def __init__(self) -> None:
        self._entries: dict[str, _Entry] = {}

    def bill(self, prefixes: tuple[Prefix, ...], now: float) -> Bill:
        """Return what a request reads, writes and pays in full; `now` in seconds."""
        total = prefixes[-1].tokens
        marked = _marked(prefixes)
        if not marked:
            return Bill(total, 0, 0, 0)
        read = max((self._hit(prefixes, index, now) for index in marked), default=0)
        hour = max((prefixes[i].tokens for i in marked if prefixes[i].marker == "1h"), default=0)
        last = prefixes[marked[-1]].tokens
        return Bill(total - last, last - max(hour, read), max(hour - read, 0), read)

    def begin(self, prefixes: tuple[Prefix, ...], now: float) -> None:
        """Renew the entries this request reads and add those it writes."""
        self._entries = {key: entry for key, entry in self._entries.items() if entry.expires > now}
        marked = _marked(prefixes)
        hits = [
            hit
            for hit in (self._hit_index(prefixes, index, now) for index in marked)
            if hit is not None
        ]
        for prefix in prefixes[: max(hits, default=-1) + 1]:
            entry = self._entries.get(prefix.key)
            if entry is not None:
                entry.expires = now + entry.lifetime
        for index in marked:
            lifetime = LIFETIMES[prefixes[index].marker or "5m"]
            known = self._entries.get(prefixes[index].key)
            if known is None or known.lifetime < lifetime:
                self._entries[prefixes[index].key] = _Entry(lifetime, now + lifetime)

    def _hit(self, prefixes: tuple[Prefix, ...], marker: int, now: float) -> int:
        index = self._hit_index(prefixes, marker, now)
        return 0 if index is None else prefixes[index].tokens

    def _hit_index(self, prefixes: tuple[Prefix, ...], marker: int, now: float) -> int | None:
        for index in range(marker, max(marker - LOOKBACK, -1), -1):
            entry = self._entries.get(prefixes[index].key)
            if entry is not None and entry.expires > now:
                return index
        return None


def prefixes_of(request: MessagesRequest) -> tuple[Prefix, ...]:
    """Return every prefix of the prompt, in the order tools, system, messages, with its markers.

    Raises:
        ApiError: a malformed marker, more than four, or a 1h marker after a 5m one.
    """
    running = hashlib.sha256(request.model.encode())
    length = 0
    found: list[Prefix] = []
    places: list[str] = []
    for place, block in _placed(request):
        bare = {key: value for key, value in block.items() if key != "cache_control"}
        text = json.dumps(bare, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        running.update(
            place.split(".")[0].encode() + b"\0" + text.encode("utf-8", "surrogatepass") + b"\0"
        )
        length += len(text)
        marker = _marker(f"{place}.cache_control", block.get("cache_control"))
        found.append(Prefix(running.hexdigest(), -(-length // CHARACTERS_A_TOKEN), marker))
        places.append(place)
    _apply_automatic(request, found)
    _check_markers(found, places)
    return tuple(found)


def _placed(request: MessagesRequest) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for index, tool in enumerate(request.tools):
        yield f"tools.{index}", tool
    for index, block in enumerate(request.system):
        yield f"system.{index}", block
    # A change of these invalidates what was cached of the messages, not of tools and system.
    seed = {name: request.raw.get(name) for name in ("thinking", "tool_choice")}
    for number, message in enumerate(request.messages):
        for index, block in enumerate(message.content):
            first = seed if number == 0 and index == 0 else {}
            yield f"messages.{number}.content.{index}", {"role": message.role, **first, **block}


def _marker(place: str, control: Any) -> str | None:
    if control is None:
        return None
    if not isinstance(control, dict) or control.get("type") != "ephemeral":
        raise refused(f"{place}.type: Input should be 'ephemeral'")
    lifetime = control.get("ttl") or "5m"
    if lifetime not in LIFETIMES:
        raise refused(f"{place}.ttl: Input should be '5m' or '1h'")
    return str(lifetime)


def _apply_automatic(request: MessagesRequest, found: list[Prefix]) -> None:
    lifetime = _marker("cache_control", request.raw.get("cache_control"))
    if lifetime is None or not found:
        return
    last = found[-1]
    if last.marker not in (None, lifetime):
        raise refused("cache_control: the last block already has a cache_control with another ttl")
    found[-1] = Prefix(last.key, last.tokens, lifetime)


def _check_markers(found: list[Prefix], places: list[str]) -> None:
    markers = [prefix.marker for prefix in found if prefix.marker is not None]
    if len(markers) > MOST_MARKERS:
        raise refused(
            f"A maximum of {MOST_MARKERS} blocks with cache_control may be provided."
            f" Found {len(markers)}."
        )
    short_seen = False
    for prefix, place in zip(found, places, strict=True):
        if prefix.marker == "1h" and short_seen:
            raise refused(
                f"{place}.cache_control.ttl: a ttl='1h' cache_control block must not come after a"
                " ttl='5m' cache_control block. Note that blocks are processed in the following"
                " order: `tools`, `system`, `messages`."
            )
        short_seen = short_seen or prefix.marker == "5m"


def _marked(prefixes: tuple[Prefix, ...]) -> list[int]:
    return [
        i
        for i, prefix in enumerate(prefixes)
        if prefix.marker is not None and prefix.tokens >= FLOOR
    ]
