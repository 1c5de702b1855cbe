"""What attacks by way of signed deliveries come to. Numbers are those of the list of attacks."""

import json

import pytest

from app.github.inbox import Inbox
from app.web.signature import Signatures, WeakSecretError
from phases.core.decisions import Ignore
from phases.core.events import Advanced, Altered, Said
from phases.core.machine import RunState
from phases.core.model import Role
from phases.core.record import Record
from phases.intake import decide
from tests.app.github.deliveries import BOT, OURSELVES, commented, issue_closed, labelled
from tests.app.github.parts import a_run
from tests.app.web.parts import SECRET, sign

BODY = json.dumps(labelled()).encode()


@pytest.mark.parametrize("secret", ["", "short", "x" * 31])
def test_a_short_secret_is_refused_at_construction(secret: str) -> None:
    """Attack 2."""
    with pytest.raises(WeakSecretError, match="openssl rand -hex 32"):
        Signatures(secret)


def test_a_secret_of_32_bytes_is_enough() -> None:
    """Attack 2."""
    assert Signatures("é" * 16).is_well_formed(sign(b""))


@pytest.mark.parametrize(
    ("event", "payload"),
    [
        ("issues", commented("/phaseline cancel")),
        ("issue_comment", labelled()),
        ("pull_request", labelled()),
        ("pull_request", commented("/phaseline cancel", on_pull_request=True)),
        ("issue_comment", issue_closed()),
    ],
)
def test_the_inbox_knows_every_payload_under_a_wrong_name(
    event: str, payload: dict[str, object]
) -> None:
    """Attack 4."""
    assert Inbox(label="phaseline", app_id=1).mismatch(event, payload)


def test_a_payloads_addresses_reach_nothing() -> None:
    """Attack 11: what a payload calls its clone URL is in no event."""
    event = Inbox(label="phaseline", app_id=1).read("issues", BODY)

    assert "elsewhere.invalid" not in repr(event)


@pytest.mark.parametrize("state", [None, *RunState])
def test_our_own_doings_fed_back_fifty_times_move_nothing(state: RunState | None) -> None:
    """Attack 21."""
    inbox = Inbox(label="phaseline", app_id=4242)
    echoes = [
        commented("/phaseline retry", sender=OURSELVES, via=4242),
        commented("/phaseline retry", sender=OURSELVES),
        commented("/phaseline cancel", via=4242),
        labelled(sender=OURSELVES),
        commented("The tracker.", sender=OURSELVES, via=4242, action="edited"),
        commented("The tracker.", sender=OURSELVES, via=4242, action="deleted"),
    ]
    met = None if state is None else Record(a_run(state=state))

    read = [
        inbox.read("issue_comment" if "comment" in echo else "issues", json.dumps(echo).encode())
        for echo in echoes * 50
    ]

    assert not any(isinstance(event, Altered | Advanced) for event in read)
    led_to = [
        decide(event, met, Role.ADMIN)
        for event in read
        if event is not None and not isinstance(event, Altered | Advanced)
    ]
    assert all(isinstance(decision, Ignore) for decision in led_to)


def test_two_bots_do_not_answer_each_other() -> None:
    """Attacks 14 and 21."""
    body = json.dumps(commented("/phaseline cancel", sender=BOT)).encode()

    event = Inbox(label="phaseline", app_id=4242).read("issue_comment", body)

    assert isinstance(event, Said)
    assert isinstance(decide(event, None, Role.ADMIN), Ignore)


def test_the_secret_shows_in_no_representation() -> None:
    """Attack 53."""
    assert SECRET not in repr(Signatures(SECRET))
    assert SECRET not in str(vars(Signatures(SECRET)).keys())
