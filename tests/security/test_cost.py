"""What would cost without end: circles, floods of output, bombs. Numbers: the list of attacks."""

import pytest

from app.claude.text import MOST_HEAD_BYTES, MOST_TAIL_BYTES, cut
from app.workspace.repository_settings import MOST_BYTES, SettingsError, parse
from app.workspace.sandbox.output import HEAD_AND_TAIL, Capture, head_and_tail
from phases.core.model import StepOutcome
from tests.app.claude.kit import stage
from tests.app.claude.test_circles import CIRCLES, EditorDesk
from tests.app.claude.wire import by_turn

LAUGHS = "a: &a [x, x]\n" + "".join(
    f"{b}: &{b} [*{a}, *{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize("circle", CIRCLES)
async def test_a_model_that_goes_round_in_circles_is_stopped(circle: str) -> None:
    """Attack 63: the same call again, edits that fail, a file to and fro."""
    _, turns = CIRCLES[circle]
    async with stage(by_turn(*turns, *turns)) as at:
        end = await at.converse(desk=EditorDesk())

    assert end.outcome is StepOutcome.NO_OUTPUT
    assert end.turns <= len(turns)


def test_a_flood_of_output_is_cut_to_head_and_tail_before_a_model_reads_it() -> None:
    """Attack 63: 16 KiB from each end, whatever comes, and no more of it in memory than kept."""
    capture = Capture(1 << 20)
    for _ in range(100):
        capture.feed(b"x" * 65_536)
    flood = "head" + "x" * 5_000_000 + "tail"

    shown, is_cut = head_and_tail(capture.content, HEAD_AND_TAIL)
    told = cut(flood, "the whole is kept")

    assert capture.overflowed
    assert len(capture.content) == 1 << 20
    assert is_cut
    assert len(shown) < HEAD_AND_TAIL + 100
    assert len(told.encode()) <= MOST_HEAD_BYTES + MOST_TAIL_BYTES + 200
    assert MOST_HEAD_BYTES <= 16 << 10
    assert MOST_TAIL_BYTES <= 16 << 10
    assert (told[:4], told[-4:]) == ("head", "tail")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (LAUGHS, "anchors and aliases"),
        ("a: &a\n  <<: *a\n", "anchors and aliases"),
        ("[" * 100_000, "larger than 64 KiB"),
        ("[" * 60_000, "nested too deeply"),
        ("setup: [" + "{a: " * 5_000, "nested too deeply"),
        ("setup: !!python/object/apply:os.system [id]\n", "It is no YAML"),
        ("x" * (MOST_BYTES + 1), "larger than 64 KiB"),
    ],
)
def test_a_bomb_in_a_repositorys_settings_is_refused_in_words(text: str, why: str) -> None:
    """Attack 65: no aliases, a size, a depth, and only what the schema knows."""
    with pytest.raises(SettingsError, match=why):
        parse(text.encode())


@pytest.mark.parametrize("key", ["budget", "limits", "models", "sandbox", "egress"])
def test_a_repositorys_settings_loosen_nothing_that_the_operator_has_set(key: str) -> None:
    """Attack 65: what would widen anything is no setting of a repository at all."""
    with pytest.raises(SettingsError, match=f"`{key}`"):
        parse(f"{key}: {{x: 1000}}\n".encode())
