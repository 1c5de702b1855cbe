"""What a command needs besides the right state: plans that wait, a text, money that is left."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from phases.core.command import Word
from phases.core.decisions import Answer, Heed, Order, Resume
from phases.core.events import Labelled
from phases.core.model import Request, Role
from phases.core.work import PhaseName
from phases.intake import decide
from tests.phases.standings import LATER, PLANS, record, say, told
from tests.phases.test_intake import ACTOR, REPOSITORY, WHEN


def test_an_approval_is_bound_to_the_plans_that_wait() -> None:
    decision = decide(say("approve"), record("approval"), Role.WRITE)

    assert isinstance(decision, Resume)
    assert decision.order == Order(Word.APPROVE, PLANS)


def test_an_approval_that_was_written_before_the_plans_does_not_count() -> None:
    early = replace(say("approve"), at=WHEN - timedelta(seconds=2))

    assert "written before the plans" in told(decide(early, record("approval"), Role.WRITE))


def test_a_revision_needs_a_text_or_an_edited_issue() -> None:
    met = record("approval")
    edited = Request("Title", "Another body", "reader", (), LATER)

    without = decide(say("revise"), met, Role.WRITE)
    taken = decide(say("revise"), replace(met, run=replace(met.run, edited=edited)), Role.WRITE)

    assert "Say what should be different" in told(without)
    assert isinstance(taken, Resume)
    assert taken.request == edited
    assert taken.order is not None
    assert "edited" in taken.order.argument


def test_a_revision_after_planning_is_refused_with_what_is_possible() -> None:
    met = record("blocked", phase=PhaseName.QA)

    sentence = told(decide(say("revise", "one table"), met, Role.WRITE))

    assert "while they wait for approval" in sentence
    assert "label" in sentence


@pytest.mark.parametrize("standing", ["waiting", "blocked", "failed"])
def test_a_run_whose_money_is_spent_is_not_tried_again_before_it_has_more(standing: str) -> None:
    met = replace(record(standing), spent_usd=Decimal(15))
    label = Labelled(REPOSITORY, 3, ACTOR, True, "Title", "Body", "reader", WHEN)

    refused = told(decide(say("retry"), met, Role.WRITE))
    answered = decide(label, met, Role.WRITE)
    almost = replace(met, spent_usd=Decimal("14.99"))

    assert "`/phaseline budget <usd>`" in refused
    assert "`/phaseline retry`" not in refused
    assert isinstance(answered, Answer)
    assert "`/phaseline budget <usd>`" in answered.text
    assert isinstance(decide(say("retry"), almost, Role.WRITE), Resume)


def test_plans_of_a_run_whose_money_is_spent_are_not_revised_before_it_has_more() -> None:
    met = record("blocked")
    spent = replace(met, spent_usd=Decimal(15))

    refused = told(decide(say("revise", "Smaller."), spent, Role.WRITE))

    assert "`/phaseline budget <usd>`" in refused
    assert isinstance(decide(say("revise", "Smaller."), met, Role.WRITE), Resume)


def test_a_step_skipped_while_the_money_is_spent_is_skipped_once_there_is_more() -> None:
    met = record("blocked")
    spent = replace(met, spent_usd=Decimal(15))

    now = decide(say("skip", "quality-checker"), met, Role.WRITE)
    then = decide(say("skip", "quality-checker"), spent, Role.WRITE)

    assert isinstance(now, Resume)
    assert isinstance(then, Heed)
    assert then.order.argument == "quality-checker"
