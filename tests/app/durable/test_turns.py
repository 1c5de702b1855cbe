"""Whose turn it is: persons before crowds, repositories in turn, limits kept."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from app.durable.queueing import Queueing
from app.durable.turns import Due as AnyDue
from app.durable.turns import Segment, SegmentLimits, Turns
from app.store.runs import Due


def test_of_new_runs_each_repository_has_its_turn() -> None:
    due = [
        _new(f"{repository}-{number}", repository) for repository in (1, 2, 3) for number in "ab"
    ]

    chosen = Turns(_limits(4, 2, 60)).next(due, frozenset(), workers=1)

    assert [one.run for one in chosen] == ["1-a", "2-a", "3-a", "1-b"]


def test_a_repository_that_was_served_long_ago_goes_before_one_that_was_served_just_now() -> None:
    turns = Turns(_limits(2, 2, 60))
    due = [
        _new(f"{repository}-{number}", repository) for repository in (1, 2, 3) for number in "ab"
    ]
    first = turns.next(due, frozenset(), workers=1)
    rest = [one for one in due if one not in first]

    second = turns.next(rest, frozenset(), workers=1)

    assert [one.run for one in first] == ["1-a", "2-a"]
    assert [one.run for one in second] == ["3-a", "1-b"]


def test_a_repository_without_a_run_goes_before_one_that_has_one_under_way() -> None:
    turns = Turns(_limits(6, 2, 60))
    (served,) = turns.next([_new("1-a", 1)], frozenset(), workers=1)
    turns.next([_new("2-a", 2)], frozenset(), workers=1)
    due = [_new("1-a", 1), _new("1-b", 1), _new("2-b", 2)]

    chosen = turns.next(due, _segments([served]), workers=1)

    assert [one.run for one in chosen] == ["2-b", "1-b"]


def test_forty_runs_of_ten_repositories_are_begun_in_rounds_that_leave_nobody_out() -> None:
    turns = Turns(_limits(6, 2, 60))
    # The first repository labels all of its issues before the second one begins.
    waiting: list[AnyDue] = [
        _new(f"{place}-{number}", place) for place in range(10) for number in range(4)
    ]
    driven: deque[AnyDue] = deque()
    begun: list[int] = []

    while waiting:
        for one in turns.next([*driven, *waiting], _segments(driven), workers=1):
            waiting.remove(one)
            driven.append(one)
            begun.append(one.repository)
        driven.popleft()

    assert [set(begun[at : at + 10]) for at in range(0, 40, 10)] == [set(range(10))] * 4


def test_what_a_person_has_sent_on_goes_before_a_crowd_of_new_runs() -> None:
    crowd = [_new(f"new-{number}", number) for number in range(20)]
    due = [*crowd, Due("asked", 3, 7, resumed=True)]

    (first,) = Turns(_limits(1, 2, 60)).next(due, frozenset(), workers=1)

    assert first.run == "asked"


def test_no_more_of_a_repository_are_driven_than_it_may_have_at_once() -> None:
    due = [_new(f"run-{number}", 1) for number in range(5)]
    driven = _segments(due[:1])

    chosen = Turns(_limits(6, 2, 60)).next(due, driven, workers=1)

    assert [one.run for one in chosen] == ["run-1"]


def test_no_more_are_driven_than_workers_have_room_for_or_than_are_allowed_altogether() -> None:
    due = [_new(f"run-{number}", number) for number in range(20)]
    driven = _segments(due[:2])

    by_workers = Turns(_limits(3, 2, 60)).next(due, driven, workers=2)
    altogether = Turns(_limits(3, 2, 5)).next(due, driven, workers=2)
    full = Turns(_limits(2, 2, 60)).next(due, driven, workers=1)

    assert (len(by_workers), len(altogether), len(full)) == (4, 3, 0)


async def test_what_is_under_way_is_left_alone_and_what_died_is_replaced() -> None:
    due = [Due(name, 1, number, resumed=True) for number, name in enumerate(("on", "dead", "due"))]
    agenda, lane = FakeAgenda(due), FakeLane(frozenset({("on", 1)}), dead={"dead"})
    queueing = Queueing(agenda, lane, Turns(_limits(6, 2, 60)), Alone())

    replaced = await queueing.dispatch()

    assert replaced
    assert lane.asked == ["dead", "due"]
    assert agenda.renewed == [("dead", 1)]


@dataclass
class FakeAgenda:
    segments: list[Due]
    renewed: list[Segment] = field(default_factory=list)

    async def due(self) -> list[Due]:
        return self.segments

    async def renew(self, run: str, segment: int) -> None:
        self.renewed.append((run, segment))


@dataclass
class FakeLane:
    driven: frozenset[Segment]
    dead: set[str]
    asked: list[str] = field(default_factory=list)

    async def under_way(self) -> frozenset[Segment]:
        return self.driven

    async def hand_over(self, run: str, number: int, repository: int) -> bool:
        self.asked.append(run)
        return run not in self.dead


class Alone:
    keeps = True
    workers = 1

    async def begin(self) -> None:
        return

    async def mind(self) -> None:
        return


def _limits(worker: int, repository: int, altogether: int) -> SegmentLimits:
    return SegmentLimits(worker, repository, altogether)


def _new(run: str, repository: int) -> Due:
    return Due(run, 1, repository, resumed=False)


def _segments(due: Iterable[AnyDue]) -> frozenset[Segment]:
    return frozenset((one.run, one.segment) for one in due)
