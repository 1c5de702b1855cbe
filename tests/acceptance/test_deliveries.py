"""Deliveries that must start nothing, and labels set by somebody who may not."""

import hashlib
import hmac
import json
import uuid
from pathlib import Path
from typing import Any

import httpx2

from tests.acceptance.scripts import MISFIT, SPEC, Script
from tests.story import Story
from tests.world import World


def test_a_wrong_signature_is_refused_and_nothing_of_it_is_kept(
    shared_world: World, tmp_path: Path
) -> None:
    shared_world.play(_blocks_at_once(tmp_path))
    labelled, other = shared_world.label_issue(), shared_world.open_issue()
    labelled.run_until("blocked")
    payload = _labelling(shared_world, labelled)["request"]["payload"]
    payload["issue"] |= {"number": other.issue, "id": payload["issue"]["id"] + 1}
    body, guid = json.dumps(payload).encode(), str(uuid.uuid4())

    refused = _deliver(shared_world, body, guid, secret="0" * 64)
    unsigned = _deliver(shared_world, body, guid, secret=None)
    all_that_came_before_has_been_dealt_with(labelled)

    assert (refused.status_code, unsigned.status_code) == (401, 401)
    assert other.run() is None
    # Had any of it been kept, this one would pass for a copy.
    assert _deliver(shared_world, body, guid, secret=_secret(shared_world)).json() == {
        "status": "stored"
    }
    other.run_until("blocked")


def test_a_second_copy_of_a_delivery_starts_nothing(shared_world: World, tmp_path: Path) -> None:
    shared_world.play(_blocks_at_once(tmp_path))
    story = shared_world.label_issue()
    run = story.run_until("blocked")
    asked = len(story.requests_of_claude())
    sent = _labelling(shared_world, story)

    with shared_world.the_app() as app:
        again = app.post(f"app/hook/deliveries/{sent['id']}/attempts")
        assert again.status_code == 202
        story.wait(lambda: len(_attempts(app, sent["guid"])) == 2, "it is sent again")
        assert [one["status_code"] for one in _attempts(app, sent["guid"])] == [202, 202]
    all_that_came_before_has_been_dealt_with(story)

    assert [one["id"] for one in shared_world.runs() if one["issue"] == story.issue] == [run["id"]]
    assert len(story.requests_of_claude()) == asked


def test_a_labeller_without_write_permission_gets_exactly_one_polite_comment(
    shared_world: World,
) -> None:
    story = shared_world.label_issue(by="triager")
    story.wait(story.comments, "the comment")

    story.label(by="triager")
    all_that_came_before_has_been_dealt_with(story)
    shared_world.kill_the_service()
    shared_world.serve()
    story.label(by="triager")
    all_that_came_before_has_been_dealt_with(story)

    refusals = [key for key in story.posted() if key.startswith("refusal/")]
    assert len(refusals) == 1
    assert story.run() is None
    assert "Thank you for the label" in story.comments()[0]["body"]


def all_that_came_before_has_been_dealt_with(story: Story) -> None:
    """Ask for help and wait for it: deliveries are dealt with in the order in which they came."""
    asked = story.say("/phaseline help", by="writer")
    story.wait(lambda: f"reply/{asked}" in story.posted(), "help is given")


def _blocks_at_once(folder: Path) -> Path:
    return Script().set(SPEC, MISFIT).write(folder / "script")


def _labelling(world: World, story: Story) -> dict[str, Any]:
    """Return the delivery by which GitHub told of the label, with its payload."""
    with world.the_app() as app:
        for sent in app.get("app/hook/deliveries?per_page=100").json():
            if (sent["event"], sent["action"]) == ("issues", "labeled"):
                whole: dict[str, Any] = app.get(f"app/hook/deliveries/{sent['id']}").json()
                if whole["request"]["payload"]["issue"]["number"] == story.issue:
                    return whole
    raise AssertionError("GitHub has not told of the label")


def _attempts(app: httpx2.Client, guid: str) -> list[dict[str, Any]]:
    sent = app.get("app/hook/deliveries?per_page=100").json()
    return [one for one in sent if one["guid"] == guid]


def _secret(world: World) -> str:
    return world.folder.webhook_secret.read_text().strip()


def _deliver(world: World, body: bytes, guid: str, secret: str | None) -> httpx2.Response:
    headers = {"X-GitHub-Event": "issues", "X-GitHub-Delivery": guid}
    if secret is not None:
        digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        headers["X-Hub-Signature-256"] = f"sha256={digest}"
    return world.service.post("/webhooks/github", content=body, headers=headers)
