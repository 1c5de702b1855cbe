"""The demo's directory: held by one, written whole, discarded only when it is a demo's."""

import stat
from pathlib import Path

import pytest

from app.cli.demo.folder import discard, opened, put
from app.cli.demo.trouble import DemoError


def test_a_directory_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    with opened(tmp_path / "demo") as folder:
        put(folder.webhook_secret, b"hush")

    assert stat.S_IMODE((tmp_path / "demo").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "demo/webhook-secret").stat().st_mode) == 0o600


def test_two_demos_do_not_share_a_directory(tmp_path: Path) -> None:
    with opened(tmp_path), pytest.raises(DemoError, match="Another demo runs on"):
        opened(tmp_path).__enter__()


def test_a_directory_is_free_again_after_the_demo(tmp_path: Path) -> None:
    with opened(tmp_path):
        pass

    with opened(tmp_path) as folder:
        assert folder.root == tmp_path.resolve()


def test_fresh_discards_a_demo(tmp_path: Path) -> None:
    with opened(tmp_path) as folder:
        put(folder.cast, b"{}")
        folder.prepare()
        sealed = folder.service / "sealed"
        sealed.mkdir()
        (sealed / "file").write_text("x")
        sealed.chmod(0o500)

        discard(folder)

    assert [path.name for path in tmp_path.iterdir()] == ["lock"]


def test_fresh_does_not_follow_links_out_of_the_directory(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("x")
    with opened(tmp_path / "demo") as folder:
        put(folder.cast, b"{}")
        folder.prepare()
        (folder.service / "environments").symlink_to(outside)
        (folder.root / "link").symlink_to(outside)

        discard(folder)

    assert (outside / "kept").exists()


def test_fresh_leaves_a_directory_alone_that_is_no_demos(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")

    with (
        opened(tmp_path) as folder,
        pytest.raises(DemoError, match="is not the directory of a demo"),
    ):
        discard(folder)

    assert (tmp_path / "thesis.txt").exists()
