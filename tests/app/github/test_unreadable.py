"""Deliveries that are refused, since they are not what they say or name what could climb."""

from typing import Any

import pytest

from app.github.inbox import Inbox, UnreadableDeliveryError
from phases.core.events import Labelled
from tests.app.github.deliveries import APP_ID, LABEL, MAINTAINER, commented, labelled
from tests.app.github.reading import read


@pytest.mark.parametrize(
    ("event", "payload", "why"),
    [
        ("issues", commented("/phaseline cancel"), "comment does not belong"),
        ("issue_comment", labelled(), "comment is missing"),
        ("pull_request", labelled(), "pull_request is missing"),
        ("issues", labelled() | {"issue": {"number": True}}, "issue.number"),
        ("issues", labelled() | {"repository": {"id": 1}}, "repository.name"),
    ],
)
def test_a_payload_of_another_event_is_refused(
    event: str, payload: dict[str, Any], why: str
) -> None:
    with pytest.raises(UnreadableDeliveryError, match=why):
        read(event, payload)


@pytest.mark.parametrize("name", ["..", ".", "a/b", "a?b", "", "a b", "a\n"])
def test_a_repository_name_that_could_climb_is_refused(name: str) -> None:
    payload = labelled()
    payload["repository"]["name"] = name

    with pytest.raises(UnreadableDeliveryError, match=r"repository\.name"):
        read("issues", payload)


@pytest.mark.parametrize("name", [".github", "..a", "a.b", "-"])
def test_unusual_but_allowed_repository_names_are_read(name: str) -> None:
    payload = labelled()
    payload["repository"]["name"] = name

    event = read("issues", payload)

    assert isinstance(event, Labelled)
    assert event.repository.name == name


@pytest.mark.parametrize("login", ["../x", "a/b", "", "a b", "x[bot]y"])
def test_a_login_that_could_climb_is_refused(login: str) -> None:
    with pytest.raises(UnreadableDeliveryError, match=r"sender\.login"):
        read("issues", labelled(sender=MAINTAINER | {"login": login}))


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff\xff", b"[" * 100_000])
def test_a_body_that_is_no_json_object_is_refused(body: bytes) -> None:
    inbox = Inbox(label=LABEL, app_id=APP_ID)

    with pytest.raises(UnreadableDeliveryError):
        inbox.read("issues", body)
