"""Places for checkouts lie side by side; several runs, and workers, make and remove theirs."""

import os
from collections.abc import Generator
from pathlib import Path, PosixPath
from typing import Self

from app.workspace.checkout import Checkouts
from tests.app.workspace.git.kit import Bench


class _Busy(PosixPath):
    """A directory whose entries somebody else removes as soon as they were seen."""

    def iterdir(self) -> Generator[Self, None, None]:
        for entry in super().iterdir():
            entry.rmdir()
            yield entry


def test_a_place_that_somebody_else_removes_just_now_is_no_error(
    bench: Bench, tmp_path: Path
) -> None:
    (tmp_path / "root" / "theirs").mkdir(parents=True)

    place = Checkouts(bench.git, None).place(_Busy(tmp_path / "root"))

    assert place.is_dir()


def test_a_place_that_was_left_for_more_than_a_day_is_removed(bench: Bench, tmp_path: Path) -> None:
    left = tmp_path / "root" / "left"
    left.mkdir(parents=True)
    os.utime(left, (0, 0))

    Checkouts(bench.git, None).place(tmp_path / "root")

    assert not left.exists()
