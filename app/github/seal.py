"""Signs the hidden blocks of our comments, so that a recovery can tell ours from a forgery.

The tracker's holds a run; that of an artifact or of receipts holds the works that it shows. They
are read only after the database was lost.
"""

import base64
import hashlib
import hmac
import json
import re
import zlib
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from app.github.key import AppKey
from phases.core.errors import PhaselineError
from phases.core.model import Artifact, Request, Run
from phases.core.receipts import Receipt
from phases.core.record import Performed, Record
from phases.core.work import PhaseName

T = TypeVar("T")
VERSION = 2
# Beyond it the request is left on the issue and only its hash is kept.
LONGEST_STATE = 30_000
_BLOCK = re.compile(
    r"<!-- phaseline:(?P<kind>state|works) v(?P<version>\d+) (?P<payload>[A-Za-z0-9+/=]+) "
    r"(?P<signature>[0-9a-f]{64}) -->"
)


class SealError(PhaselineError):
    """A block is not as we wrote it; the message says what is wrong with it."""


@dataclass(frozen=True)
class State:
    """What a tracker's block holds.

    In `record` are the settled works, without what stands in a comment of its own: `elsewhere` has
    the SHA-256 of that by the work's name. With a `request_sha256` the request was too long to keep
    and is without body and comments.
    """

    record: Record
    elsewhere: dict[str, str]
    request_sha256: str | None


@dataclass(frozen=True)
class Shown:
    """What the block of a comment of works holds: the run as it stood then, without its request.

    `works` are those of the comment, and all settled ones that have no comment of their own: the
    tracker may lag behind them.
    """

    run: Run
    works: tuple[Performed, ...]


_STATE: TypeAdapter[State] = TypeAdapter(State)
_SHOWN: TypeAdapter[Shown] = TypeAdapter(Shown)
_REQUEST = TypeAdapter(Request)
_RECEIPTS = TypeAdapter(tuple[Receipt, ...])


def place_of(work: Performed) -> str | None:
    """Return the key of the comment that holds what a work made; None: the tracker itself does."""
    if work.artifact:
        return f"artifact/{work.name}"
    if work.receipts and work.name.phase is not PhaseName.INITIALIZATION:
        return f"receipts/{work.name.phase}"
    return None


def substance(work: Performed) -> str:
    """Return the SHA-256, in hex, of what a work made: its artifact's, or that of its receipts."""
    if work.artifact:
        return work.artifact.sha256
    return sha256(_RECEIPTS.dump_json(_short(work).receipts)).hexdigest()


def request_hash(request: Request) -> str:
    """Return the SHA-256, in hex, of a frozen request."""
    return sha256(_REQUEST.dump_json(request)).hexdigest()


class TrackerSeal:
    """Signs with a key derived from the App's private key."""

    def __init__(self, key: AppKey) -> None:
        self._key = key.derive(b"phaseline tracker seal 1")

    def block(self, record: Record) -> str:
        """Return the signed block of a tracker as an HTML comment."""
        bound = _bound(record, record.tracker_url or "")
        packed = _packed(_STATE.dump_json(_state(record)))
        if len(packed) > LONGEST_STATE:
            packed = _packed(_STATE.dump_json(_short_of_request(_state(record))))
        return self._sealed("state", packed, bound)

    def works_block(self, record: Record, key: str, room: int) -> str:
        """Return the signed block of the comment under a key; empty when it holds no works.

        So it is when the block would need more than `room` characters.
        """
        settled = [work for work in record.works if work.accepted]
        if not any(place_of(work) == key for work in settled):
            return ""
        works = tuple(_short(work) for work in settled if place_of(work) in {key, None})
        packed = _packed(_SHOWN.dump_json(Shown(replace(record.run, request=None), works)))
        block = self._sealed("works", packed, _bound(record, key))
        return block if len(block) <= room else ""

    def state(self, body: str, repository: int, issue: int, run: str, url: str) -> State:
        """Return what a tracker's block holds.

        Raises:
            SealError: when there is none, or it is not as we wrote it for that very comment.
        """
        # The first rendering is signed before GitHub has given the comment an address.
        bounds = [[repository, issue, run, bound] for bound in (url, "")]
        return _understood(_STATE, self._opened("state", body, bounds))

    def shown(self, body: str, repository: int, issue: int, run: str, key: str) -> Shown | None:
        """Return what the block of a comment of works holds; None when it has no block.

        Raises:
            SealError: when the block is not as we wrote it under that key.
        """
        if _last(body, "works") is None:
            return None
        return _understood(_SHOWN, self._opened("works", body, [[repository, issue, run, key]]))

    def _sealed(self, kind: str, packed: str, bound: list[Any]) -> str:
        signature = self._signature(kind, packed, VERSION, bound)
        return f"<!-- phaseline:{kind} v{VERSION} {packed} {signature} -->"

    def _opened(self, kind: str, body: str, bounds: list[list[Any]]) -> bytes:
        match = _last(body, kind)
        if match is None:
            raise SealError("it has no signed block")
        version = int(match["version"])
        if version > VERSION:
            raise SealError(f"its block was written by a newer version (v{version})")
        if version < VERSION:
            raise SealError(f"its block (v{version}) is older than what can be recovered from")
        good = (self._signature(kind, match["payload"], version, bound) for bound in bounds)
        if not any(hmac.compare_digest(match["signature"], signature) for signature in good):
            raise SealError("its signed block was edited, copied, or written with another key")
        return zlib.decompress(base64.b64decode(match["payload"]))

    def _signature(self, kind: str, packed: str, version: int, bound: list[Any]) -> str:
        head = json.dumps([kind, version, *bound], separators=(",", ":"))
        message = f"{head}\n{packed}".encode()
        return hmac.new(self._key, message, hashlib.sha256).hexdigest()


def _bound(record: Record, what: str) -> list[Any]:
    run = record.run
    return [run.repository.id, run.issue, run.id, what]


def _last(body: str, kind: str) -> re.Match[str] | None:
    # What we add stands last; a model may have written something like it above.
    found = [match for match in _BLOCK.finditer(body) if match["kind"] == kind]
    return found[-1] if found else None


def _packed(data: bytes) -> str:
    return base64.b64encode(zlib.compress(data, 9)).decode()


def _understood(shape: TypeAdapter[T], data: bytes) -> T:
    try:
        return shape.validate_json(data)
    except ValidationError as error:
        raise SealError("its block does not have the shape of this version") from error


def _state(record: Record) -> State:
    settled = [_bare(work) for work in record.works if work.accepted or work.superseded]
    slim = replace(record, works=tuple(_slim(work) for work in settled), notes=())
    elsewhere = {str(work.name): substance(work) for work in settled if place_of(work)}
    return State(slim, elsewhere, None)


def _short_of_request(state: State) -> State:
    request = state.record.run.request
    if request is None:
        return state
    run = replace(state.record.run, request=replace(request, body="", comments=()))
    record = replace(state.record, run=run)
    return replace(state, record=record, request_sha256=request_hash(request))


def _bare(work: Performed) -> Performed:
    """Return a superseded work without what it made: nothing is built on that any more."""
    if not work.superseded:
        return work
    return replace(work, artifact=None, submission=None, receipts=())


def _slim(work: Performed) -> Performed:
    """Return a work without what stands in a comment of its own, and without its notes."""
    posted = work.url
    work = replace(_short(work), url=posted)
    if place_of(work) is None:
        return work
    artifact = work.artifact and Artifact(work.artifact.name, "", work.artifact.sha256)
    return replace(work, artifact=artifact, submission=None, receipts=())


def _short(work: Performed) -> Performed:
    """Return a work without notes, without its artifact twice, and without excerpts of output."""
    submission = work.submission and replace(work.submission, artifact="")
    receipts = tuple(replace(receipt, excerpt="") for receipt in work.receipts)
    return replace(work, submission=submission, receipts=receipts, notes=(), url=None)
