import json
from typing import Any

import pytest

from app.github.inbox import Inbox, UnreadableDeliveryError
from phases.core.events import Removed

INBOX = Inbox(label="phaseline", app_id=1)


def removal(event: str, **payload: Any) -> Removed | None:
    return INBOX.removal(event, json.dumps({"installation": {"id": 7}, **payload}).encode())


def test_an_uninstalled_app_loses_all_repositories_of_the_installation() -> None:
    assert removal("installation", action="deleted") == Removed(7, None)


def test_repositories_taken_from_an_installation_are_named_by_id() -> None:
    gone = [{"id": 3, "name": "a"}, {"id": 4, "name": "b"}]

    found = removal("installation_repositories", action="removed", repositories_removed=gone)

    assert found == Removed(7, (3, 4))


@pytest.mark.parametrize(
    ("event", "action"),
    [
        ("installation", "created"),
        ("installation", "suspend"),
        ("installation_repositories", "added"),
        ("issues", "deleted"),
    ],
)
def test_nothing_else_takes_a_repository_away(event: str, action: str) -> None:
    assert removal(event, action=action) is None


def test_a_removal_without_an_installation_is_unreadable() -> None:
    with pytest.raises(UnreadableDeliveryError, match="installation"):
        INBOX.removal("installation", b'{"action": "deleted"}')
