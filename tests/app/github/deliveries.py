"""Payloads as GitHub sends them, cut to a readable size; only what a test names differs."""

from typing import Any

LABEL = "phaseline"
APP_ID = 4242
INSTALLATION = 7
MAINTAINER: dict[str, Any] = {"id": 11, "login": "maintainer", "type": "User"}
BOT: dict[str, Any] = {"id": 12, "login": "helper[bot]", "type": "Bot"}
OURSELVES: dict[str, Any] = {"id": 13, "login": "phaseline[bot]", "type": "Bot"}
MOMENT = "2026-11-02T09:30:00Z"


def envelope(action: str, sender: dict[str, Any]) -> dict[str, Any]:
    return {
        "action": action,
        "repository": {
            "id": 501,
            "name": "shop",
            "full_name": "acme/shop",
            "owner": {"id": 9, "login": "acme", "type": "Organization"},
            "default_branch": "main",
            "clone_url": "http://elsewhere.invalid/acme/shop.git",
        },
        "installation": {"id": INSTALLATION},
        "sender": sender,
    }


def issue(*, pull_request: bool = False) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": 9001,
        "number": 3,
        "title": "Add due dates",
        "body": "Every task needs a date.",
        "user": {"id": 20, "login": "reader", "type": "User"},
        "state": "open",
        "created_at": "2026-11-02T09:00:00Z",
        "updated_at": MOMENT,
        "closed_at": None,
    }
    return found | ({"pull_request": {"url": "x"}} if pull_request else {})


def labelled(label: str = LABEL, sender: dict[str, Any] = MAINTAINER) -> dict[str, Any]:
    return envelope("labeled", sender) | {"issue": issue(), "label": {"id": 1, "name": label}}


def commented(
    body: str,
    *,
    sender: dict[str, Any] = MAINTAINER,
    action: str = "created",
    on_pull_request: bool = False,
    via: int | None = None,
) -> dict[str, Any]:
    return envelope(action, sender) | {
        "issue": issue(pull_request=on_pull_request),
        "comment": {
            "id": 77,
            "body": body,
            "user": sender,
            "author_association": "OWNER",
            "created_at": MOMENT,
            "updated_at": MOMENT,
            "performed_via_github_app": None if via is None else {"id": via, "slug": "some-app"},
        },
    }


def issue_closed(sender: dict[str, Any] = MAINTAINER) -> dict[str, Any]:
    return envelope("closed", sender) | {"issue": issue()}


def pull_closed(*, merged: bool, sender: dict[str, Any] = MAINTAINER) -> dict[str, Any]:
    return envelope("closed", sender) | {
        "pull_request": {"id": 1, "number": 8, "merged": merged, "updated_at": MOMENT}
    }
