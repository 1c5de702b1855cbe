import pytest
from thimble import DurationError, parse


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("45s", 45), ("1h 30m", 5_400), ("2d", 172_800), ("1h30m", 5_400)],
)
def test_a_duration_is_read_in_seconds(text: str, seconds: int) -> None:
    assert parse(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "30m 1h", "5", "1h 2h"])
def test_what_is_not_a_duration_is_refused_and_quoted(text: str) -> None:
    with pytest.raises(DurationError, match=repr(text)):
        parse(text)
