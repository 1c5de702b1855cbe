"""Answers that tests invent over respx: noted as they were given, to be held like all others.

What a test invents need not be whole, only of GitHub's types and statuses as far as it goes. An
answer with `Server: elsewhere` is not meant to be GitHub's: a proxy's page, or nonsense.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import respx

LOG = "invented.jsonl"
NOT_GITHUB = {"server": "elsewhere"}


@contextmanager
def invented_github(folder: Path) -> Iterator[respx.MockRouter]:
    """Yield a router; what it was asked and answered stands in the folder afterwards."""
    with respx.mock(assert_all_called=False) as router:
        try:
            yield router
        finally:
            with (folder / LOG).open("a") as log:
                for call in router.calls:
                    log.write(json.dumps(_entry(call)) + "\n")


def _entry(call: Any) -> dict[str, Any]:
    request: httpx.Request = call.request
    answer: httpx.Response | None = call.optional_response
    theirs = answer is not None and answer.headers.get("server") != "elsewhere"
    return {
        "method": request.method,
        "path": urlsplit(str(request.url)).path,
        "query": request.url.query.decode(),
        "request": json.loads(request.content) if request.content else None,
        # A lost connection, or not GitHub.
        "status": answer.status_code if answer is not None and theirs else None,
        "response": _parsed(answer.content) if answer is not None and theirs else None,
    }


def _parsed(content: bytes) -> Any:
    try:
        return json.loads(content) if content else None
    except ValueError:
        return content.decode("utf-8", "replace")
