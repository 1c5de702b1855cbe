"""The fakes of this room keep the promises of the ports they stand for; the journal's are in
`tests/contract`.
"""

from datetime import UTC

from app.claude.waiting import JitterPause, SystemWatch
from tests.fakes.desk import FakeDesk
from tests.fakes.waiting import FakePause, FakeWatch


async def test_a_desk_goes_back_to_a_snapshot_and_to_its_beginning() -> None:
    desk = FakeDesk()
    await desk.call("bash", {"command": "append a x"})
    name = await desk.snapshot()
    await desk.call("bash", {"command": "append a y"})

    assert name is not None
    await desk.restore(name)
    assert desk.files == {"a": "x"}
    await desk.begin_again()
    assert desk.files == {}


async def test_a_desk_answers_every_tool() -> None:
    desk = FakeDesk(files={"a": "x"})

    assert (await desk.call("bash", {"command": "true"})).text == "ran: true"
    assert (await desk.call("load_skill", {"name": "debug"})).text == "skill debug"
    assert (await desk.call("grep", {})).text == "a"
    assert (await desk.call("grep", {"path": "b"})).is_error


async def test_time_stands_still_until_it_is_moved() -> None:
    watch, pause = FakeWatch(), FakePause()
    before = watch.now()
    await pause.between(5, 10)

    watch.passed += 5

    assert (watch.now() - before).total_seconds() == watch.monotonic() == 5
    assert pause.asked == [(5, 10)]


async def test_the_real_watch_and_pause_do_as_the_fakes_do() -> None:
    watch = SystemWatch()
    before = watch.monotonic()

    await JitterPause().between(0, 0)

    assert watch.monotonic() >= before
    assert watch.now().tzinfo is UTC
