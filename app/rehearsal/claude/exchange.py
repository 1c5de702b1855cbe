"""One request from bytes to answer: checks, cache, script, log entry. HTTP is spoken elsewhere."""

import hashlib
import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from app.rehearsal.claude.answer import Answer, answer, kind_of
from app.rehearsal.claude.cache import Prefix, PromptCache, prefixes_of
from app.rehearsal.claude.catalog import CONTEXT_WINDOW
from app.rehearsal.claude.conversation import check_conversation
from app.rehearsal.claude.errors import ApiError, refused
from app.rehearsal.claude.log import Entry
from app.rehearsal.claude.player import Cue
from app.rehearsal.claude.request import (
    MessagesRequest,
    check_headers,
    parse_body,
    parse_request,
)
from app.rehearsal.claude.script import Script
from app.rehearsal.claude.tooling import check_tools

STEP_PARTS = (3, 4)
REPLIES_BEFORE = "x-phaseline-replies-before"


@dataclass(frozen=True)
class Incoming:
    """A request as HTTP brought it: headers, body, the id it got, arrival on two clocks."""

    request_id: str
    headers: Mapping[str, str]
    body: bytes
    arrived: datetime
    started: float


def incoming(headers: Mapping[str, str], body: bytes) -> Incoming:
    """Return the request with an id of its own and the time it came."""
    request_id = f"req_{uuid.uuid4().hex[:24]}"
    return Incoming(request_id, headers, body, datetime.now(UTC), time.monotonic())


class Exchange:
    """The handling of one request; what is known of it so far goes into its log entry."""

    def __init__(self, script: Script, cache: PromptCache, request: Incoming) -> None:
        self._script = script
        self._cache = cache
        self._in = request
        self._kind: str | None = None
        self._prefixes: tuple[Prefix, ...] = ()
        self.request: MessagesRequest | None = None
        self.answer: Answer | None = None

    def count(self) -> int:
        """Return the size of the prompt in tokens, as count_tokens gives it.

        Raises:
            ApiError: the API would refuse the request.
        """
        self._kind = "count_tokens"
        self._check(counting=True)
        return self._prefixes[-1].tokens

    def reply(self) -> Answer:
        """Return the answer; cache entries it writes become visible by `begin`.

        Raises:
            ApiError: the API would refuse the request, or it does not fit the script.
        """
        request = self._check(counting=False)
        self._kind = kind_of(request)
        bill = self._cache.bill(self._prefixes, time.monotonic())
        self.answer = answer(self._script, self._cue(request), request, bill)
        return self.answer

    def begin(self) -> None:
        """Make the cache entries of this request visible: the reply begins."""
        self._cache.begin(self._prefixes, time.monotonic())

    def entry(self, status: int, error: ApiError | None, *, disconnected: bool) -> Entry:
        """Return the log entry of this request as it ended."""
        body: Mapping[str, Any] = self.answer.body if self.answer is not None else {}
        headers = self._in.headers
        return Entry(
            time=self._in.arrived.isoformat(timespec="milliseconds"),
            seconds=round(time.monotonic() - self._in.started, 4),
            request_id=self._in.request_id,
            kind=self._kind,
            run=headers.get("x-phaseline-run"),
            step=headers.get("x-phaseline-step"),
            agent=headers.get("x-phaseline-agent"),
            attempt=_attempt(headers),
            turn=self.answer.turn if self.answer is not None else None,
            model=self.request.model if self.request is not None else None,
            status=status,
            stop_reason=body.get("stop_reason"),
            usage=body.get("usage"),
            error=None if error is None else error.message,
            misfit=error is not None and error.misfit,
            sha256=hashlib.sha256(self._in.body).hexdigest(),
            head_sha256=None if self.request is None else _head_sha256(self.request),
            prefixes=tuple(one.key for one in self._prefixes if one.marker == "1h"),
            streamed=self.request is not None and self.request.stream,
            disconnected=disconnected,
        )

    def _check(self, *, counting: bool) -> MessagesRequest:
        check_headers(self._in.headers)
        betas = self._in.headers.get("anthropic-beta", "")
        names = frozenset(name.strip() for name in betas.split(","))
        request = parse_request(parse_body(self._in.body), names, counting=counting)
        self.request = request
        check_tools(request.tools)
        check_conversation(request)
        self._prefixes = prefixes_of(request)
        if self._prefixes[-1].tokens > CONTEXT_WINDOW:
            raise refused(
                f"prompt is too long: {self._prefixes[-1].tokens} tokens > {CONTEXT_WINDOW} maximum"
            )
        return request

    def _cue(self, request: MessagesRequest) -> Cue:
        step = self._in.headers.get("x-phaseline-step", "")
        attempt = _attempt(self._in.headers)
        if kind_of(request) == "message" and (
            len(step.split("/")) not in STEP_PARTS or attempt is None
        ):
            raise ApiError(
                "invalid_request_error",
                "The scripted model needs the header X-Phaseline-Step (phase/agent/round[/subject])"
                " and, where it is given, a number in X-Phaseline-Attempt;"
                f" got {step[:200]!r} and {_header(self._in.headers)[:20]!r}",
                misfit=True,
            )
        return Cue(step, attempt or 1, _number(self._in.headers.get(REPLIES_BEFORE, "0")) or 0)


def _head_sha256(request: MessagesRequest) -> str:
    head = json.dumps([request.tools, request.system], separators=(",", ":"))
    return hashlib.sha256(head.encode("utf-8", "surrogatepass")).hexdigest()


def _attempt(headers: Mapping[str, str]) -> int | None:
    return _number(_header(headers))


def _number(given: str) -> int | None:
    return int(given) if given.isascii() and given.isdigit() and len(given) < len("1000") else None


def _header(headers: Mapping[str, str]) -> str:
    return headers.get("x-phaseline-attempt", "1")
