import asyncio

from app.store.database import Database
from app.store.leases import Leases


async def test_a_lease_has_one_holder_until_it_runs_out(database: Database) -> None:
    leases = Leases(database)

    first = await leases.take("keeper", "one", 60)
    other = await leases.take("keeper", "two", 60)
    renewed = await leases.take("keeper", "one", 0)
    after = await leases.take("keeper", "two", 60)

    assert (first, other, renewed, after) == (True, False, True, True)


async def test_only_those_whose_lease_has_not_run_out_are_alive(database: Database) -> None:
    leases = Leases(database)
    await leases.take("worker/one", "one", 60)
    await leases.take("worker/two", "two", 0)
    await leases.take("keeper", "three", 60)

    assert await leases.living("worker/") == {"one"}


async def test_of_many_that_want_a_lease_at_once_one_gets_it(database: Database) -> None:
    leases = Leases(database)

    taken = await asyncio.gather(*(leases.take("keeper", str(n), 60) for n in range(20)))

    assert sum(taken) == 1


async def test_what_is_given_up_is_free_at_once(database: Database) -> None:
    leases = Leases(database)
    await leases.take("keeper", "one", 60)
    await leases.take("worker/one", "one", 60)

    await leases.release("one")

    assert await leases.living("worker/") == frozenset()
    assert await leases.take("keeper", "two", 60)
