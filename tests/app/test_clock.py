"""The service's clock: it follows the machine's, and does not jump with it."""

from datetime import UTC, datetime, timedelta

from app.clock import SteadyClock, SystemClock

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TWO_HOURS = timedelta(hours=2)


class Machine:
    """A machine whose clock people may set."""

    def __init__(self) -> None:
        self.gone = 0.0
        self.set_by = timedelta(0)

    def wall(self) -> float:
        return (START + self.set_by).timestamp() + self.gone

    def elapsed(self) -> float:
        return self.gone


def test_it_tells_the_machines_time() -> None:
    assert abs(SystemClock().now() - datetime.now(UTC)) < timedelta(seconds=1)


def test_a_machine_that_is_set_forward_and_back_takes_it_nowhere() -> None:
    machine = Machine()
    clock = SteadyClock(machine.wall, machine.elapsed)

    told = []
    for set_by in (timedelta(0), TWO_HOURS, timedelta(0), -TWO_HOURS, timedelta(0)):
        machine.set_by = set_by
        machine.gone += 60
        told.append(clock.now())

    true = [START + timedelta(minutes=n) for n in range(1, 6)]
    assert told == sorted(told)
    assert all(
        abs(one - other) <= timedelta(seconds=12) for one, other in zip(told, true, strict=True)
    )


def test_a_machine_that_was_put_right_is_followed_slowly_until_both_say_the_same() -> None:
    machine = Machine()
    clock = SteadyClock(machine.wall, machine.elapsed)
    machine.set_by = -TWO_HOURS

    machine.gone += 3600
    later = clock.now()
    machine.gone += 40 * 3600
    in_the_end = clock.now()

    assert later == START + timedelta(minutes=57)
    assert in_the_end.timestamp() == machine.wall()
