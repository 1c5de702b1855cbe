import logging
from pathlib import Path

import pytest

from app.durable.admission import MEGABYTE, Admission, MachineGauge, Room
from tests.fakes.outside import ManualClock

LEAST = Room(disk=100 * MEGABYTE, memory=50 * MEGABYTE, load=2.0)
PLENTY = Room(disk=900 * MEGABYTE, memory=900 * MEGABYTE, load=0.1)


class Measured:
    """A machine whose measures are a list, the last of them for ever."""

    def __init__(self, *rooms: Room | OSError) -> None:
        self.rooms = list(rooms)

    def __call__(self) -> Room:
        room = self.rooms.pop(0) if len(self.rooms) > 1 else self.rooms[0]
        if isinstance(room, OSError):
            raise room
        return room


def admission(*rooms: Room | OSError) -> Admission:
    return Admission(Measured(*rooms), LEAST, ManualClock())


@pytest.mark.parametrize(
    ("room", "sentence"),
    [
        (PLENTY, ""),
        (Room(99 * MEGABYTE, PLENTY.memory, 0.1), "99 MB of disk are free"),
        (Room(PLENTY.disk, 49 * MEGABYTE, 0.1), "49 MB of memory are available"),
        (Room(PLENTY.disk, PLENTY.memory, 2.5), "2.5 programs wait for each core"),
        (OSError("no such device"), "cannot be measured: no such device"),
    ],
)
def test_what_is_short_is_said_in_a_sentence(room: Room | OSError, sentence: str) -> None:
    found = admission(room).shortage()

    assert (sentence in found) if sentence else (found == "")


async def test_who_waits_goes_on_when_there_is_room_and_the_log_says_it_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "app.durable.admission")
    short = Room(1, 1, 0.1)

    await admission(short, short, short, PLENTY).wait()

    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


def test_a_real_machine_is_measured(tmp_path: Path) -> None:
    room = MachineGauge(tmp_path)()

    assert room.disk > 0
    assert room.memory > MEGABYTE
    assert room.load >= 0
