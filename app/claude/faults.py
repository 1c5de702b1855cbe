"""What can go wrong between a request and its whole reply, by name, and whether to try again.

It decides nothing about how often or how long: that is `retry`.
"""

from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime

import anthropic
import httpx2

AGAIN_STATUSES = frozenset({408, 409, 429})
OPERATOR_STATUSES = frozenset({401, 402, 403, 404})
AGAIN_TYPES = frozenset({"overloaded_error", "api_error", "rate_limit_error", "timeout_error"})
"""Types of an error event inside a stream whose status was 200.

https://docs.claude.com/en/api/errors
"""

MOST_MESSAGE_CHARACTERS = 500


@dataclass(frozen=True)
class Fault:
    """A request that brought no whole reply: its name, what was said, and whether to try again.

    `after` is the wait in seconds that the server asked for. `for_the_operator` says that it is
    about who asks, not about what is asked: key, credit, permission, model. `refused` says that the
    server did not take the request, or was never sent it, so that nothing of it is paid.
    """

    name: str
    message: str
    again: bool
    after: float | None = None
    for_the_operator: bool = False
    refused: bool = False

    def __str__(self) -> str:
        return f"{self.name}: {self.message}" if self.message else self.name


class EmptyReplyError(Exception):
    """The server said 200 and sent no event."""


class CutStreamError(Exception):
    """The stream ended before the message did."""


class UnreadableReplyError(Exception):
    """The stream holds something that is no event of the Messages API; the message says what."""


class StreamedError(Exception):
    """The server sent an error event inside the stream."""

    def __init__(self, message: str, kind: str = "") -> None:
        super().__init__(message)
        self.kind = kind


EXPECTED = (
    anthropic.APIError,
    httpx2.HTTPError,
    httpx2.StreamError,
    EmptyReplyError,
    CutStreamError,
    UnreadableReplyError,
    StreamedError,
)
"""Everything that `fault_of` can name; anything else is a defect of ours."""


def fault_of(error: Exception, now: datetime) -> Fault:
    """Name what went wrong; `error` is one of EXPECTED."""
    match error:
        case anthropic.APIStatusError():
            fault = _status_fault(error, now)
        case anthropic.APITimeoutError():
            unsent = isinstance(error.__cause__, httpx2.ConnectTimeout)
            words = "the model API did not answer in time"
            fault = Fault("timeout", words, again=True, refused=unsent)
        case anthropic.APIConnectionError():
            unsent = isinstance(error.__cause__, httpx2.ConnectError)
            words = "the model API could not be reached"
            fault = Fault("connection", words, again=True, refused=unsent)
        case StreamedError():
            again = error.kind in AGAIN_TYPES
            fault = Fault(error.kind or "error event", _cut(str(error)), again)
        case EmptyReplyError():
            fault = Fault("empty reply", "status 200 without any event", again=True)
        case CutStreamError() | httpx2.HTTPError() | httpx2.StreamError():
            fault = Fault("cut stream", "the connection ended inside the reply", again=True)
        case _:
            fault = Fault("unreadable reply", _cut(str(error)), again=True)
    return fault


def _status_fault(error: anthropic.APIStatusError, now: datetime) -> Fault:
    status = error.status_code
    forbidden = error.response.headers.get("x-should-retry") == "false"
    again = (status in AGAIN_STATUSES or status >= httpx2.codes.INTERNAL_SERVER_ERROR) and (
        not forbidden
    )
    message = error.api_message if isinstance(error.api_message, str) else ""
    name = f"HTTP {status}" + (f" {error.type}" if error.type else "")
    after = _retry_after(error.response.headers, now)
    for_the_operator = status in OPERATOR_STATUSES
    return Fault(name, _cut(message), again, after, for_the_operator, refused=True)


def _retry_after(headers: httpx2.Headers, now: datetime) -> float | None:
    """Return the wait in seconds; the header holds seconds or a date, and may hold anything."""
    value = headers.get("retry-after", "").strip()
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(value) - now).total_seconds()
        except (ValueError, TypeError):
            return None
    # NaN fails both comparisons; a year is more than any server means.
    return seconds if 0 <= seconds <= 365 * 86400 else None


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= MOST_MESSAGE_CHARACTERS else line[:MOST_MESSAGE_CHARACTERS] + "…"
