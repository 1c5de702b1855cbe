"""Asks GitHub whether what was read before still stands: such an answer costs nothing of the limit.

It pays for what is read over and over: the sweep's lists, a branch's head, a pull request. An
answer is never taken from here without having asked.
"""

from collections import OrderedDict
from dataclasses import dataclass

import httpx

from app.github.pool import SharedPool, plain

# At most 16 MiB altogether.
MOST_KEPT = 256
LARGEST_KEPT = 64 * 1024


@dataclass(frozen=True)
class _Kept:
    etag: str
    headers: httpx.Headers
    body: bytes


class Answers:
    """The last answers with an ETag, the least recently used are forgotten first."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[object, str], _Kept] = OrderedDict()

    def get(self, key: tuple[object, str]) -> _Kept | None:
        """Return what was kept."""
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def keep(self, key: tuple[object, str], answer: _Kept) -> None:
        """Keep an answer, unless it is a large one."""
        self._kept.pop(key, None)
        if len(answer.body) > LARGEST_KEPT:
            return
        self._kept[key] = answer
        if len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)


class Revalidating(httpx.AsyncBaseTransport):
    """The pool as one token scope uses it: what another scope may see is not mixed in."""

    def __init__(self, pool: SharedPool, answers: Answers, scope: object) -> None:
        self._pool = pool
        self._answers = answers
        self._scope = scope

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; a read carries the ETag of its last answer."""
        if request.method != "GET":
            return await self._pool.handle_async_request(request)
        key = (self._scope, str(request.url))
        kept = self._answers.get(key)
        if kept is not None:
            request.headers["if-none-match"] = kept.etag
        answer = await self._pool.handle_async_request(request)
        etag = answer.headers.get("etag")
        if answer.status_code == httpx.codes.NOT_MODIFIED and kept is not None:
            await answer.aclose()
            # What it says of the limits is new.
            headers = httpx.Headers({**kept.headers, **plain(answer)})
            return httpx.Response(httpx.codes.OK, headers=headers, content=kept.body)
        if answer.status_code != httpx.codes.OK or etag is None:
            return answer
        body = await answer.aread()
        await answer.aclose()
        self._answers.keep(key, _Kept(etag, plain(answer), body))
        return httpx.Response(httpx.codes.OK, headers=plain(answer), content=body)

    async def aclose(self) -> None:
        """Leave the pool open."""
