"""Holds exchanges and payloads against GitHub's published schemas. It knows nothing of semantics.

The two files under `data` are cut from the npm packages @octokit/openapi 23.0.2 (MIT), with the
patches of API version
2026-03-10 applied, and @octokit/openapi-webhooks 12.1.0 (MIT), down to the operations and events
in use. One place was mended: the list of
installations demands accounts that are users and enterprises at once; it is held against
`installation` instead.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs

_DATA = Path(__file__).parent / "data"
_API = "/api/v3"


@cache
def _openapi() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((_DATA / "openapi.json").read_text())
    return loaded


@cache
def _webhooks() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((_DATA / "webhooks.json").read_text())
    return loaded


@cache
def _operations() -> list[tuple[str, re.Pattern[str], str]]:
    found = []
    for operation in _openapi()["operations"]:
        method, path = operation.split(" ", 1)
        pattern = re.sub(r"\{(path|ref|basehead|branch|name)\}", "(.+)", path)
        found.append((method, re.compile(re.sub(r"\{\w+\}", "([^/]+)", pattern)), operation))
    return sorted(found, key=lambda item: -len(re.sub(r"\{\w+\}", "", item[2])))


@cache
def _validator(operation: str, status: str) -> Any:
    spec = _openapi()
    schema = spec["operations"][operation]["responses"].get(status)
    if schema is None:
        return None
    return jsonschema_rs.Draft202012Validator(
        {**schema, "components": spec["components"]}, validate_formats=True
    )


@cache
def _event_validator(name: str) -> Any:
    spec = _webhooks()
    schema = spec["events"][name]
    return jsonschema_rs.Draft202012Validator(
        {**schema, "components": spec["components"]}, validate_formats=True
    )


def _faults(validator: Any, value: Any) -> list[str]:
    """List what does not fit; addresses of bots (`1+x[bot]@...`) are no emails to the schema, but
    are GitHub's.
    """
    return [
        f"{'/'.join(map(str, error.instance_path))}: {error.message[-200:]}"
        for error in validator.iter_errors(value)
        if not error.message.endswith('is not a "email"')
    ]


def check_exchange(response: httpx.Response) -> None:
    """Raise AssertionError when a response's body is not what GitHub's schema says."""
    response.read()
    path = response.request.url.path
    if (
        not path.startswith(_API)
        or response.status_code == 304
        or "html" in response.headers.get("content-type", "")
    ):
        return
    if response.status_code >= 400:
        body = response.json()
        assert set(body) >= {"message", "documentation_url", "status"}, body
        assert body["status"] == str(response.status_code)
        return
    found = next(
        (
            o
            for m, p, o in _operations()
            if m == response.request.method and p.fullmatch(path.removeprefix(_API))
        ),
        None,
    )
    assert found, f"no schema for {response.request.method} {path}"
    assert str(response.status_code) in _openapi()["operations"][found]["responses"], (
        found,
        response.status_code,
    )
    validator = _validator(found, str(response.status_code))
    if validator is None:
        assert response.content == b""
        return
    faults = _faults(validator, response.json())
    assert not faults, (found, faults[:5])


def check_payload(event: str, payload: dict[str, Any]) -> None:
    """Raise AssertionError when a webhook's payload is not what GitHub's schema says."""
    action = payload.get("action")
    name = event.replace("_", "-") + (f"-{action.replace('_', '-')}" if action else "")
    faults = _faults(_event_validator(name), payload)
    assert not faults, (name, faults[:5])
