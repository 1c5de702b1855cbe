"""GitHub's refusals, and how a failed call becomes an error named by what happens next."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import httpx
from githubkit.exception import RateLimitExceeded, RequestError, RequestFailed

from phases.core.errors import BlockedError, PhaselineError, TransientError

LONGEST_QUOTE = 500
# Where GitHub asks for patience and does not say how long (docs.github.com, "Rate limits").
UNSAID_SECONDS = 60.0
_LIMITS = frozenset({403, 429})


class RefusedByGitHubError(PhaselineError):
    """GitHub understood and said no; `status` is HTTP's, `text` is what GitHub gave as reason."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(f"GitHub answered {status}: {text}")
        self.status = status
        self.text = text

    def says(self, words: str) -> bool:
        """Tell whether the reason holds these words, whatever their case."""
        return words.lower() in self.text.lower()


class LimitError(TransientError):
    """GitHub asks for patience; `seconds` is for how long, or None when it does not say."""

    def __init__(self, seconds: float | None) -> None:
        wait = UNSAID_SECONDS if seconds is None else seconds
        super().__init__("GitHub asked us to wait", wait, asked=seconds is not None)
        self.seconds = seconds


class NoTokenError(TransientError):
    """GitHub gave no token however often it was asked; the call that needed it was not made."""


def translated(error: Exception) -> Exception:
    """Return the error of ours that a failed call stands for; no response body is lost in it."""
    if isinstance(error, RateLimitExceeded):
        return LimitError(max(1.0, error.retry_after.total_seconds()))
    if isinstance(error, RequestFailed):
        return from_response(error.response.raw_response)
    if isinstance(error, RequestError | httpx.HTTPError):
        cause: Exception = error.exc if isinstance(error, RequestError) else error
        if isinstance(cause, httpx.HTTPError):
            return TransientError(f"GitHub could not be reached ({type(cause).__name__})")
        # Raised while a token was fetched: it has its name already.
        return cause
    return error


def from_response(response: httpx.Response) -> PhaselineError:
    """Return the error that an unsuccessful answer stands for."""
    if response.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
        return TransientError(f"GitHub answered {response.status_code}")
    text = reason(response)
    if response.status_code in _LIMITS:
        limit = _limit(response, text)
        if limit is not None:
            return limit
    if response.status_code == httpx.codes.UNAUTHORIZED:
        return BlockedError(
            f"GitHub does not accept the App's credentials: {text}. Whoever runs Phaseline must "
            "check the App's id, private key and installation."
        )
    return RefusedByGitHubError(response.status_code, text)


def _limit(response: httpx.Response, text: str) -> LimitError | None:
    """Return the limit that a 403 or 429 tells of; a 403 without one is about permissions."""
    headers = response.headers
    after, reset = headers.get("retry-after", ""), headers.get("x-ratelimit-reset", "")
    if after.isascii() and after.isdigit():
        return LimitError(max(1.0, float(after[:9])))
    if headers.get("x-ratelimit-remaining") == "0" and reset.isascii() and reset.isdigit():
        return LimitError(max(1.0, int(reset[:12]) - datetime.now(UTC).timestamp()))
    named = "rate limit" in text.lower() or "abuse detection" in text.lower()
    too_many = response.status_code == httpx.codes.TOO_MANY_REQUESTS
    return LimitError(None) if named or too_many else None


def reason(response: httpx.Response) -> str:
    """Return GitHub's message with the messages of its `errors`, as one capped line."""
    try:
        body = response.json()
    except ValueError:
        return response.reason_phrase or "no reason given"
    if not isinstance(body, Mapping):
        return "no reason given"
    parts = [str(body.get("message", "no reason given"))]
    details = body.get("errors")
    parts.extend(_detail(detail) for detail in (details if isinstance(details, list) else []))
    line = "; ".join(" ".join(part.split()) for part in parts if part)
    return line[:LONGEST_QUOTE]


def _detail(detail: Any) -> str:
    if isinstance(detail, Mapping):
        named = " ".join(str(detail[key]) for key in ("field", "code") if detail.get(key))
        return str(detail.get("message") or named)
    return str(detail)
