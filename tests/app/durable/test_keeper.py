"""Who keeps the house among many workers, and what becomes of those that die or stand still."""

import asyncio
from dataclasses import dataclass, field

from app.durable.keeper import LeasedKeeper
from phases.core.errors import TransientError

SOON = 5.0
LEASE_SECONDS = 6.0


@dataclass
class LeasesByHand:
    """Leases that run out when they are told to."""

    held: dict[str, str] = field(default_factory=dict)
    away: bool = False

    async def take(self, name: str, holder: str, seconds: float) -> bool:
        assert seconds == LEASE_SECONDS
        if self.away:
            raise TransientError("the database did not answer", 1.0)
        return self.held.setdefault(name, holder) == holder

    async def release(self, holder: str) -> None:
        self.held = {name: who for name, who in self.held.items() if who != holder}

    async def living(self, prefix: str) -> frozenset[str]:
        return frozenset(who for name, who in self.held.items() if name.startswith(prefix))


@dataclass
class Graves:
    """What was given up: whom every look found alive."""

    living: list[frozenset[str]] = field(default_factory=list)

    async def bury(self, living: frozenset[str]) -> int:
        self.living.append(living)
        return 0


def _never() -> None:
    raise AssertionError("a worker gave way that holds its lease")


async def test_one_of_two_workers_keeps_the_house_and_knows_how_many_there_are() -> None:
    leases, graves = LeasesByHand(), Graves()
    one = LeasedKeeper(leases, graves.bury, "one", _never, LEASE_SECONDS)
    two = LeasedKeeper(leases, graves.bury, "two", _never, LEASE_SECONDS)
    await one.begin()
    await two.begin()

    await _one_turn(one)
    await _one_turn(two)

    assert (one.keeps, two.keeps) == (True, False)
    assert one.workers == 2
    assert graves.living == [frozenset({"one", "two"})]


async def test_whoever_is_left_takes_the_house_and_gives_up_what_the_dead_one_held() -> None:
    leases, graves = LeasesByHand(), Graves()
    one = LeasedKeeper(leases, graves.bury, "one", _never, LEASE_SECONDS)
    two = LeasedKeeper(leases, graves.bury, "two", _never, LEASE_SECONDS)
    await one.begin()
    await two.begin()
    await _one_turn(one)

    await leases.release("one")  # It died, and its leases have run out.
    await _one_turn(two)

    assert two.keeps
    assert two.workers == 1
    assert graves.living[-1] == frozenset({"two"})


async def test_a_worker_that_could_not_renew_as_long_as_its_lease_lasts_gives_way() -> None:
    leases, gave_way = LeasesByHand(), asyncio.Event()
    one = LeasedKeeper(leases, Graves().bury, "one", gave_way.set, LEASE_SECONDS)
    await one.begin()
    await _one_turn(one)

    leases.away = True
    one._renewed -= LEASE_SECONDS
    stood_still = one.keeps
    await asyncio.wait_for(one.mind(), SOON)

    assert not stood_still
    assert gave_way.is_set()


async def test_an_outage_that_is_shorter_than_the_lease_is_waited_out() -> None:
    leases = LeasesByHand()
    one = LeasedKeeper(leases, Graves().bury, "one", _never, LEASE_SECONDS)
    await one.begin()
    await _one_turn(one)

    leases.away = True
    await _one_turn(one)

    assert one.keeps


async def _one_turn(keeper: LeasedKeeper) -> None:
    """Let a keeper renew once: it sleeps behind that."""
    task = asyncio.create_task(keeper.mind())
    for _ in range(20):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
