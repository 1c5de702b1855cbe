"""The list of what is not proven: names of boxes, and ticks with their evidence."""

from pathlib import Path

from app.wiring.live.boxes import boxes_of, with_ticks
from app.wiring.live.checks import BOXES, OF_A_VISIT

LIST = Path(__file__).parents[3] / "docs" / "not-proven.md"
TEXT = """# Not proven

- [ ] <!-- one --> First, which goes on
      in a second line.
- [ ] Without a name.
- [x] <!-- two --> Ticked already.
- [ ] <!-- three --> Last."""


def test_every_box_that_a_machine_ticks_stands_in_the_list_once_and_no_other_has_a_name() -> None:
    text = LIST.read_text()

    assert boxes_of(text).names == set(BOXES)
    assert [text.count(f"<!-- {box} -->") for box in BOXES] == [1] * len(BOXES)
    assert set(OF_A_VISIT) < set(BOXES)


def test_the_list_as_it_is_kept_claims_nothing() -> None:
    assert "- [x]" not in LIST.read_text()


def test_names_and_open_boxes_are_counted() -> None:
    boxes = boxes_of(TEXT)

    assert boxes.names == {"one", "two", "three"}
    assert boxes.open == 3


def test_ticks_come_with_their_evidence_and_nothing_else_changes() -> None:
    ticked = with_ticks(TEXT, {"one": "seen\n\nthere", "two": "again", "three": "too", "four": ""})

    assert (
        ticked
        == """# Not proven

- [x] <!-- one --> First, which goes on
      in a second line.
      *seen there*
- [ ] Without a name.
- [x] <!-- two --> Ticked already.
- [x] <!-- three --> Last.
      *too*"""
    )
