"""Deliveries that cannot be dealt with now, and those behind them."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.durable.asides import Asides
from app.durable.delivery_queues import DeliveryQueues
from app.durable.pauses import LONGEST_PAUSE_SECONDS
from app.durable.reception import SAME_LABEL, Reception
from app.github.errors import RefusedByGitHubError
from app.store.deliveries import Deliveries
from app.store.outbox import StoredOutbox
from app.store.retention import Retention
from app.store.shown import ShownComments
from phases.core.errors import Later, TransientError
from phases.core.events import Event, Installed, Removed, Said
from phases.core.machine import RunState
from phases.core.model import Person, PullRequest, Repository, Role
from phases.core.outward import OutwardKind
from tests.app.github.parts import MovingClock
from tests.app.store.story import LABELLED, deliver
from tests.phases.play import standard_play
from tests.phases.world import World, world

ACME = LABELLED.repository.installation
OPTIMIZE = "implementation/code-optimizer/1"
OTHER = Repository(12, "other", "gadgets", 6, "main")


class ByBody:
    """Reads `OWNER ISSUE` as a label."""

    def read(self, event: str, body: bytes) -> Event | None:
        owner, issue = body.decode().split()
        repository = OTHER if owner == "other" else LABELLED.repository
        return replace(LABELLED, repository=repository, issue=int(issue))

    def removal(self, event: str, body: bytes) -> Removed | None:
        return None


class Roles:
    """Knows everybody's role, except where GitHub does not answer."""

    def __init__(self) -> None:
        self.failing: dict[int, Exception] = {}
        self.limits: dict[int, asyncio.Event] = {}
        self.asked: list[int] = []
        self.role_of_all = Role.WRITE
        self.furnished: list[int] = []
        self.forgotten: list[Removed] = []

    async def role(self, repository: Repository, person: Person) -> Role:
        self.asked.append(repository.installation)
        if repository.installation in self.limits:
            await self.limits[repository.installation].wait()
        if repository.installation in self.failing:
            raise self.failing[repository.installation]
        return self.role_of_all

    async def furnish(self, installation: int) -> None:
        self.furnished.append(installation)

    def forget(self, removed: Removed) -> None:
        self.forgotten.append(removed)


@pytest.fixture
async def it(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path, standard_play()) as made:
        yield made


def reception(it: World, roles: Roles) -> Reception:
    return Reception(
        roles,
        it.runs,
        it.records,
        roles,
        Retention(it.database, it.clock),
        Asides(ShownComments(it.database, it.clock), it.runs),
    )


def queues(it: World, roles: Roles, patience: float = 60.0) -> DeliveryQueues:
    deliveries, clock = Deliveries(it.database), MovingClock()
    return DeliveryQueues(deliveries, ByBody(), reception(it, roles), clock, patience)


async def arrive(it: World, *bodies: str) -> None:
    for body in bodies:
        await deliver(it.database, body, body.encode())


async def waiting(it: World) -> list[bytes]:
    return [each.body for each in await Deliveries(it.database).waiting(9)]


async def test_who_may_not_command_gets_one_reaction_and_a_conversation_one_comment(
    it: World,
) -> None:
    """Attack 13: refused in words, and no way to make us flood a conversation."""
    run, at = it.run, it.clock.now()
    said = Said(run.repository, run.issue, False, run.labeller, True, 1, "cancel", "", at)
    roles = Roles()
    roles.role_of_all = Role.TRIAGE

    for comment, person in ((1, 21), (2, 21), (3, 22)):
        event = replace(said, comment=comment, actor=Person(person, f"triager{person}"))
        await reception(it, roles).hear(None, event)

    (_, *items) = await StoredOutbox(it.database, it.clock).due(9)
    shown = [(item.desired.kind, item.desired.text[:18], item.desired.comment) for item in items]
    assert shown == [
        (OutwardKind.REACTION, "confused", 1),
        (OutwardKind.COMMENT, "Commands to Phasel", None),
        (OutwardKind.REACTION, "confused", 3),
    ]
    assert await it.runs.find(run.id) == run


async def test_who_may_command_is_answered_where_they_spoke_with_a_reaction_beside_it(
    it: World,
) -> None:
    pull = PullRequest(8, "PR_8", "https://forge.invalid/pull/8", True)
    await it.records.amend(replace(it.run, pull_request=pull))
    said = Said(it.run.repository, 8, True, it.run.labeller, True, 1, "status", "", it.clock.now())

    await reception(it, Roles()).hear(None, said)
    await reception(it, Roles()).hear(None, replace(said, comment=2, command="approve"))

    (_, *items) = await StoredOutbox(it.database, it.clock).due(9)
    shown = [(item.number, item.desired.key, item.desired.text[:30]) for item in items]
    assert shown == [
        (8, "reply/1", "**🔵 running** In phase 1 of 5,"),
        (8, "reaction/1/eyes", "eyes"),
        (8, "reply/2", "No plans of this run wait for "),
        (8, "reaction/2/confused", "confused"),
    ]


async def test_the_tracker_names_who_raised_the_budget(it: World) -> None:
    run, at = it.run, it.clock.now()
    said = Said(run.repository, run.issue, False, run.labeller, True, 1, "budget", "30", at)

    await reception(it, Roles()).hear(None, said)

    assert f"{run.labeller.login}: `/phaseline budget` 30.00" in await it.tracker()


async def test_what_is_installed_is_furnished_with_labels_and_what_is_taken_away_is_forgotten(
    it: World,
) -> None:
    labels = Roles()

    await reception(it, labels).deal(1, Installed(ACME))
    await reception(it, labels).deal(2, Removed(ACME, None))

    assert labels.furnished == [ACME]
    assert labels.forgotten == [Removed(ACME, None)]


async def test_a_label_has_its_run_until_that_run_is_over(it: World) -> None:
    told = reception(it, Roles())
    repository, issue = it.run.repository, it.run.issue

    going = await told.answered_until(repository, issue)
    never = await told.answered_until(repository, issue + 1)
    await it.runs.move(None, it.run, RunState.CANCELLED, "asked for", ())
    over = await told.answered_until(repository, issue)

    ended = await it.runs.find(it.run.id)
    assert (going, never) == (datetime.max.replace(tzinfo=UTC), None)
    assert ended is not None
    assert ended.ended_at is not None
    assert over == ended.ended_at
    assert ended.ended_at > LABELLED.at + SAME_LABEL


async def test_a_label_that_ended_within_a_minute_is_not_taken_for_another(it: World) -> None:
    at = it.clock.now()
    event = replace(LABELLED, issue=40, at=at)
    run = await it.runs.start(None, event, 1)

    await it.runs.move(None, run, RunState.CANCELLED, "asked for", ())

    until = await reception(it, Roles()).answered_until(run.repository, 40)
    assert until == at + SAME_LABEL


async def test_a_cancelled_run_leaves_no_check_run_in_progress(it: World) -> None:
    it.sessions.play = standard_play() | {OPTIMIZE: [Later("The model API failed.", 300.0)]}
    await it.drive()
    run, at = await it.record(), it.clock.now()
    (built,) = it.workspaces.pushed
    at_work = await it.check_runs()
    issue, who = run.run.issue, run.run.labeller
    cancel = Said(run.run.repository, issue, False, who, True, 1, "cancel", "", at)

    await reception(it, Roles()).hear(None, cancel)

    assert at_work == {built: None}
    assert await it.check_runs() == {built: "cancelled"}


@pytest.mark.parametrize(
    "trouble",
    [
        TransientError("GitHub answered 502"),
        RefusedByGitHubError(403, "suspended"),
        ValueError("a defect of ours"),
    ],
)
async def test_what_one_installation_has_to_wait_with_holds_up_no_other(
    it: World, trouble: Exception
) -> None:
    """Attack 64."""
    await arrive(it, "acme 20", "acme 21", "other 22")
    roles = Roles()
    roles.failing[ACME] = trouble

    dealt = await queues(it, roles).take(50)

    assert dealt == 1
    assert await it.runs.of_issue(OTHER.id, 22) is not None
    assert await waiting(it) == [b"acme 20", b"acme 21"]
    assert sorted(roles.asked) == [5, 6]


async def test_what_had_to_wait_is_dealt_with_in_its_order_later(it: World) -> None:
    await arrive(it, "acme 20", "acme 21")
    roles = Roles()
    roles.failing[ACME] = TransientError("GitHub answered 502")
    clock = MovingClock()
    taking = DeliveryQueues(
        Deliveries(it.database), ByBody(), reception(it, roles), clock, patience=60.0
    )

    at_once = await taking.take(50)
    roles.failing.clear()
    too_soon = await taking.take(50)
    await clock.sleep(LONGEST_PAUSE_SECONDS)
    later = await taking.take(50)

    assert (at_once, too_soon, later) == (0, 0, 2)
    assert await waiting(it) == []
    first, second = [await it.runs.of_issue(LABELLED.repository.id, n) for n in (20, 21)]
    assert first is not None
    assert second is not None
    assert first.created_at < second.created_at


async def test_a_limit_that_is_waited_out_for_one_installation_delays_no_other(it: World) -> None:
    await arrive(it, "acme 20", "acme 21")
    roles = Roles()
    roles.limits[ACME] = asyncio.Event()
    taking = queues(it, roles, patience=0.01)

    at_first = await taking.take(50)
    await arrive(it, "acme 23", "other 22")
    meanwhile = [await taking.take(50), await taking.take(50)]
    asked = list(roles.asked)
    roles.limits[ACME].set()
    while await waiting(it):
        await taking.take(50)

    assert (at_first, sum(meanwhile)) == (0, 1)
    assert sorted(asked) == [5, 6]
    assert sorted(roles.asked) == [5, 5, 5, 6]


async def test_a_backlog_that_has_to_wait_lets_pass_what_stands_behind_it(it: World) -> None:
    await arrive(it, *(f"acme {issue}" for issue in range(20, 31)), "other 22")
    roles = Roles()
    roles.failing[ACME] = TransientError("GitHub answered 502")
    taking = queues(it, roles)

    dealt = await taking.take(3) + await taking.take(3)

    assert dealt == 1
    assert roles.asked == [5, 6]
    assert len(await waiting(it)) == 9


async def test_what_is_left_off_in_the_midst_stays(it: World) -> None:
    await arrive(it, "acme 20")
    roles = Roles()
    roles.limits[ACME] = asyncio.Event()
    taking = queues(it, roles, patience=0.01)
    await taking.take(50)

    await taking.end()

    assert await waiting(it) == [b"acme 20"]
