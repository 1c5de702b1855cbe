"""Names the first part of a request that differs from the one before, when its cache was missed.

A help in finding what is not deterministic; it changes nothing that is sent.
"""

import hashlib
import json
import logging
from collections import OrderedDict
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

MOST_REMEMBERED = 64
"""Conversations and prefixes whose last request is remembered: enough for every session at work."""

_log = logging.getLogger(__name__)

Part = tuple[str, str]


@dataclass(frozen=True)
class _Sent:
    parts: tuple[Part, ...]
    cached: int


@dataclass
class Misses:
    """Compares each request with the one before it; `enabled` false: it looks at nothing."""

    enabled: bool
    _last: OrderedDict[Hashable, _Sent] = field(default_factory=OrderedDict)

    def forget(self, key: Hashable) -> None:
        """Compare the next request under `key` with none: it begins anew on purpose."""
        self._last.pop(key, None)

    def look(
        self,
        key: Hashable,
        body: bytes,
        read: int,
        cached: int,
        place: Mapping[str, object],
    ) -> None:
        """Log what differs when less was read than the request before it, under `key`, cached.

        `read` and `cached` are tokens; `cached` is what the next one under that key can read.
        """
        if not self.enabled:
            return
        sent = _Sent(tuple(_parts(json.loads(body))), cached)
        before = self._last.pop(key, None)
        self._last[key] = sent
        if len(self._last) > MOST_REMEMBERED:
            self._last.popitem(last=False)
        if before is not None and read < before.cached:
            _log.warning(
                "cache missed",
                extra={
                    **place,
                    "read": read,
                    "expected": before.cached,
                    "differs": first_difference(before.parts, sent.parts),
                },
            )


def first_difference(before: tuple[Part, ...], after: tuple[Part, ...]) -> str:
    """Return the name of the first part that is not as it was, or that there is none."""
    for old, new in zip_longest(before, after):
        if old is None:
            break
        if old != new:
            return old[0] if new is None else new[0]
    return "nothing: the entry had expired, or was not written yet"


def _parts(body: Mapping[str, Any]) -> Iterator[Part]:
    yield "model", str(body["model"])
    for n, tool in enumerate(body["tools"]):
        yield f"tools.{n} ({tool['name']})", _digest(tool)
    for n, block in enumerate(body["system"]):
        yield f"system.{n}", _digest(block)
    for m, message in enumerate(body["messages"]):
        for n, block in enumerate(message["content"]):
            bare = {name: value for name, value in block.items() if name != "cache_control"}
            yield f"messages.{m}.content.{n} ({message['role']})", _digest(bare)


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()
