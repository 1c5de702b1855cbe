"""Reads a request's body without trusting its length or its pace. It does not look inside."""

import asyncio
from dataclasses import dataclass

from starlette.requests import ClientDisconnect, Request

from app.web.refusal import RefusedRequestError

MEBIBYTE = 1024 * 1024
TOO_LARGE = 413


@dataclass(frozen=True)
class BodyLimits:
    """What a body may cost: bytes and seconds.

    GitHub sends at most 25 MB and gives up after 10 s
    (docs.github.com, "Webhook events and payloads" and "Best practices for using webhooks").
    """

    most_bytes: int = 26 * MEBIBYTE
    most_seconds: float = 15.0


def refuse_announced(request: Request, limits: BodyLimits) -> None:
    """Refuse what the headers already say is too large or encoded.

    Raises:
        RefusedRequestError: 415 for an encoded body, 413 for an announced length over the limit,
            400 for a length that is no number.
    """
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in {"", "identity"}:
        raise RefusedRequestError(415, "send the body without a Content-Encoding")
    length = request.headers.get("content-length")
    if length is None:
        return
    if not (length.isascii() and length.isdigit()):
        raise RefusedRequestError(400, "Content-Length must be a number")
    # A number of more digits than the limit is over it; int() is not asked about its size.
    digits = length.lstrip("0")
    over = len(digits) > len(str(limits.most_bytes))
    if over or int(digits or "0") > limits.most_bytes:
        raise _too_large(limits)


async def read_body(request: Request, limits: BodyLimits) -> bytes:
    """Return the body, counted while it arrives.

    Raises:
        RefusedRequestError: 413 over the limit, 408 when it takes too long, 400 when the sender
            hangs up.
    """
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(limits.most_seconds):
            async for chunk in request.stream():
                size += len(chunk)
                if size > limits.most_bytes:
                    raise _too_large(limits)
                parts.append(chunk)
    except TimeoutError as error:
        raise RefusedRequestError(408, "the body took too long to arrive") from error
    except ClientDisconnect as error:
        raise RefusedRequestError(400, "the body did not arrive whole") from error
    return b"".join(parts)


async def discard_body(request: Request, limits: BodyLimits) -> bool:
    """Read a body away without keeping it; tell whether it came to its end within the limits.

    A refusal is sent afterwards: a connection closed on a sender in mid-sentence loses the answer.
    """
    size = 0
    try:
        async with asyncio.timeout(limits.most_seconds):
            async for chunk in request.stream():
                size += len(chunk)
                if size > limits.most_bytes:
                    return False
    except (TimeoutError, ClientDisconnect):
        return False
    return True


def _too_large(limits: BodyLimits) -> RefusedRequestError:
    return RefusedRequestError(TOO_LARGE, f"the body is larger than {limits.most_bytes} bytes")
