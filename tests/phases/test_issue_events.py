"""An issue that has a run is labelled again, edited or opened again."""

from dataclasses import replace
from datetime import timedelta

import pytest

from phases.core.decisions import Answer, Ignore, NoteEdit
from phases.core.events import Edited, Labelled, Reopened
from phases.core.model import Request, Role
from phases.intake import decide
from tests.phases.standings import STANDINGS, record
from tests.phases.test_intake import ACTOR, REPOSITORY, WHEN


def test_the_label_set_again_names_the_choices_while_plans_wait() -> None:
    label = Labelled(REPOSITORY, 3, ACTOR, True, "Title", "Body", "reader", WHEN)

    decision = decide(label, record("approval"), Role.WRITE)

    assert isinstance(decision, Answer)
    assert "/phaseline approve" in decision.text


def edit(title: str, body: str, minutes: int) -> Edited:
    return Edited(REPOSITORY, 3, title, body, WHEN + timedelta(minutes=minutes))


def test_an_edit_is_noted_until_the_text_is_the_old_one_again() -> None:
    met = record("running")
    changed = decide(edit("Title", "Another", 1), met, Role.NONE)
    assert isinstance(changed, NoteEdit)
    noted = replace(met, run=replace(met.run, edited=changed.request))

    back = decide(edit("Title", "Body", 2), noted, Role.NONE)

    assert changed.request == Request("Title", "Another", "reader", (), WHEN + timedelta(minutes=1))
    assert back == NoteEdit(noted.run, None)


@pytest.mark.parametrize(
    ("standing", "minutes"), [("ready", 1), ("cancelled", 1), ("closed", 1), ("running", 0)]
)
def test_an_edit_is_ignored_after_the_end_and_before_the_label(standing: str, minutes: int) -> None:
    decision = decide(edit("Title", "Another", minutes), record(standing), Role.NONE)

    assert isinstance(decision, Ignore)


@pytest.mark.parametrize("standing", STANDINGS)
def test_opening_again_offers_to_go_on_with_a_cancelled_run_once(standing: str) -> None:
    decision = decide(Reopened(REPOSITORY, 3, False, ACTOR), record(standing), Role.NONE)

    if standing == "cancelled":
        assert isinstance(decision, Answer)
        assert "/phaseline resume" in decision.text
        assert decision.key == "reopened/r1/4"
    else:
        assert isinstance(decision, Ignore)
