"""Deliveries, held to the payloads that GitHub publishes."""

import json
from functools import cache
from typing import Any

from tests.contract.rest import DATA, told, validator


class Hooks:
    """GitHub's payloads, cut to the events in use."""

    def __init__(self, cut: dict[str, Any]) -> None:
        self._events: dict[str, Any] = cut["events"]
        self._components = cut["components"]
        self._validators: dict[str, Any] = {}

    def faults(self, event: str, payload: Any) -> list[str]:
        """Say what GitHub would not have sent; nothing when all is well."""
        action = payload.get("action") if isinstance(payload, dict) else None
        name = "-".join(part.replace("_", "-") for part in (event, action) if part)
        if name not in self._events:
            return [f"{name}: not published, or not in use"]
        if name not in self._validators:
            self._validators[name] = validator(self._events[name], self._components)
        return told(self._validators[name], payload)


@cache
def github_hooks() -> Hooks:
    """Return GitHub's payloads from the committed cut."""
    return Hooks(json.loads((DATA / "webhooks.json").read_text()))
