"""What deliveries mean."""

import pytest

from phases.core.events import Advanced, Edited, Ended, Installed, Labelled, Reopened
from phases.core.model import Person, Variant
from tests.app.github.deliveries import (
    LABEL,
    MAINTAINER,
    MOMENT,
    envelope,
    issue,
    issue_closed,
    labelled,
    pull_closed,
)
from tests.app.github.reading import REPOSITORY, WHEN, read


def test_our_label_carries_the_issue_as_the_signed_delivery_has_it() -> None:
    event = read("issues", labelled("PhaseLine"))

    assert event == Labelled(
        repository=REPOSITORY,
        issue=3,
        actor=Person(11, "maintainer"),
        actor_is_human=True,
        title="Add due dates",
        body="Every task needs a date.",
        author="reader",
        at=WHEN,
    )


def test_another_label_means_nothing_even_when_ours_is_on_the_issue() -> None:
    payload = labelled("bug")
    payload["issue"]["labels"] = [{"name": LABEL}]

    assert read("issues", payload) is None


def test_an_issue_without_a_body_or_an_author_is_read() -> None:
    payload = labelled()
    payload["issue"] |= {"body": None, "user": None}

    event = read("issues", payload)

    assert isinstance(event, Labelled)
    assert (event.body, event.author) == ("", "ghost")


def test_closing_an_issue_and_a_pull_request_are_read() -> None:
    by = Person(11, "maintainer")

    assert read("issues", issue_closed()) == Ended(REPOSITORY, 3, False, False, by, WHEN)
    assert read("pull_request", pull_closed(merged=True)) == Ended(
        REPOSITORY, 8, True, True, by, WHEN
    )


def test_a_push_tells_where_a_branch_stands() -> None:
    payload = envelope("", MAINTAINER)
    del payload["action"]
    push = payload | {"ref": "refs/heads/main", "after": "a" * 40}

    assert read("push", push) == Advanced(REPOSITORY, "main", "a" * 40)
    assert read("push", push | {"ref": "refs/tags/v1"}) is None
    assert read("push", push | {"after": "0" * 40}) is None


@pytest.mark.parametrize("event", ["ping", "label", "star"])
def test_events_that_we_do_not_read_mean_nothing(event: str) -> None:
    assert read(event, {"zen": "Keep it logically awesome."}) is None


def test_actions_that_we_do_not_read_mean_nothing() -> None:
    assert read("issues", labelled() | {"action": "unlabeled"}) is None


def test_a_delivery_without_an_installation_means_nothing() -> None:
    payload = labelled()
    del payload["installation"]

    assert read("issues", payload) is None


@pytest.mark.parametrize(
    ("name", "variant"),
    [
        ("phaseline", Variant.STANDARD),
        ("phaseline:plan", Variant.PLAN),
        ("Phaseline:LIGHT", Variant.LIGHT),
        ("phaseline:full", Variant.FULL),
    ],
)
def test_a_label_of_ours_says_how_to_run(name: str, variant: Variant) -> None:
    event = read("issues", labelled(name))

    assert isinstance(event, Labelled)
    assert event.variant is variant


@pytest.mark.parametrize(
    "name", ["phaseline:", "phaseline:standard", "phaseline:plans", "my phaseline:plan", "plan"]
)
def test_a_label_that_only_resembles_ours_means_nothing(name: str) -> None:
    assert read("issues", labelled(name)) is None


@pytest.mark.parametrize("action", ["unlabeled", "deleted"])
def test_a_label_that_is_taken_off_means_nothing(action: str) -> None:
    assert read("issues", labelled() | {"action": action}) is None


def test_an_edited_issue_is_read_with_its_new_text() -> None:
    event = read("issues", envelope("edited", MAINTAINER) | {"issue": issue()})

    assert isinstance(event, Edited)
    assert (event.issue, event.title, event.body) == (
        3,
        "Add due dates",
        "Every task needs a date.",
    )


def test_an_edited_pull_request_means_nothing() -> None:
    payload = envelope("edited", MAINTAINER) | {"issue": issue(pull_request=True)}

    assert read("issues", payload) is None


def test_what_is_opened_again_is_read_with_who_did_it() -> None:
    pull = {"pull_request": {"id": 1, "number": 8, "merged": False, "updated_at": MOMENT}}

    on_issue = read("issues", envelope("reopened", MAINTAINER) | {"issue": issue()})
    on_pull = read("pull_request", envelope("reopened", MAINTAINER) | pull)

    assert isinstance(on_issue, Reopened)
    assert isinstance(on_pull, Reopened)
    assert (on_issue.number, on_issue.on_pull_request) == (3, False)
    assert (on_pull.number, on_pull.on_pull_request) == (8, True)


@pytest.mark.parametrize(
    ("event", "action"),
    [
        ("installation", "created"),
        ("installation", "unsuspend"),
        ("installation_repositories", "added"),
    ],
)
def test_repositories_that_come_in_reach_are_read_as_their_installation(
    event: str, action: str
) -> None:
    found = read(event, {"action": action, "installation": {"id": 7, "account": {"id": 1}}})

    assert found == Installed(7)


@pytest.mark.parametrize("action", ["deleted", "suspend", "new_permissions_accepted"])
def test_an_installation_that_ends_means_nothing(action: str) -> None:
    assert read("installation", {"action": action, "installation": {"id": 7}}) is None
