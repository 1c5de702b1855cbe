"""Holds exchanges and payloads against GitHub's contract at once, so that a test fails where it is.

All that a stand-in noted is held once more when the suite ends.
"""

from __future__ import annotations

from typing import Any

import httpx

from tests.contract.folder import Report, hold_exchange
from tests.contract.hooks import github_hooks
from tests.contract.rest import Exchange

_API = "/api/v3"


def check_exchange(response: httpx.Response) -> None:
    """Raise AssertionError when a response's body is not what GitHub's schema says."""
    response.read()
    url = response.request.url
    kind = response.headers.get("content-type", "")
    # 304 answers nothing, and pages are no API.
    if not url.path.startswith(_API) or response.status_code == httpx.codes.NOT_MODIFIED:
        return
    if "html" in kind:
        return
    report = Report()
    answer = response.json() if response.content else None
    path = url.path.removeprefix(_API)
    asked = (response.request.method, path, url.query.decode())
    status = response.status_code
    hold_exchange(report, Exchange(*asked, status, _sent(response.request), answer))
    # Which undocumented statuses may be is known when the suite has ended.
    faults = [each for each in report.findings if not each.endswith(f": status {status}")]
    assert not faults, (*asked, faults[:5])


def _sent(request: httpx.Request) -> Any:
    try:
        return httpx.Response(200, content=request.content).json() if request.content else None
    except ValueError:
        return request.content.decode("utf-8", "replace")


def check_payload(event: str, payload: dict[str, Any]) -> None:
    """Raise AssertionError when a webhook's payload is not what GitHub's schema says."""
    faults = github_hooks().faults(event, payload)
    assert not faults, (event, faults[:5])
