"""A repository's dependencies are installed once, in a cage, and seen read-only ever after."""

import asyncio
import hashlib
import os
import shutil

import pytest

from tests.app.workspace.environments.workshop import Workshop, in_cage
from tests.app.workspace.sandbox.kit import Bench


async def test_what_setup_makes_is_mounted_read_only_at_its_place(
    workshop: Workshop, bench: Bench
) -> None:
    """Attack 37: caches are read-only."""
    workshop.file("side/src/a.txt", "the repository's own")

    prepared = await workshop.prepare("mkdir -p side/deps/bin && echo installed > side/deps/made")
    seen = await in_cage(bench, prepared).shell("cat side/deps/made; echo x > side/deps/made")

    assert seen.output.startswith("installed\n")
    assert "Read-only file system" in seen.output
    assert prepared.environment is not None
    assert [mount.inside for mount in prepared.environment.mounts] == ["side/deps"]


async def test_a_receipt_tells_what_ran(workshop: Workshop) -> None:
    prepared = await workshop.prepare("echo one; mkdir deps")

    (receipt,) = prepared.receipts
    assert receipt.argv[-1] == "echo one; mkdir deps"
    assert (receipt.exit_code, receipt.killed_for, receipt.directory) == (0, None, "")
    assert receipt.log_sha256 == hashlib.sha256(b"one\n").hexdigest()
    assert receipt.seconds > 0


async def test_the_second_time_nothing_runs(workshop: Workshop) -> None:
    first = await workshop.prepare("mkdir deps")

    second = await workshop.prepare("mkdir deps")

    assert (first.cached, second.cached) == (False, True)
    assert second.environment == first.environment
    assert second.receipts == ()


async def test_other_locks_commands_or_repositories_have_environments_of_their_own(
    workshop: Workshop,
) -> None:
    """Attack 37: caches are keyed by lock file and repository."""
    workshop.file("requirements.txt", "")
    keys = [(await workshop.prepare("mkdir deps")).environment]
    keys.append((await workshop.prepare("mkdir deps", scope="2")).environment)
    keys.append((await workshop.prepare("mkdir deps; true")).environment)
    workshop.file("requirements.txt", "# changed")
    keys.append((await workshop.prepare("mkdir deps")).environment)

    assert len({environment.key for environment in keys if environment}) == 4


async def test_a_failure_is_told_and_leaves_nothing(workshop: Workshop) -> None:
    failed = await workshop.prepare("mkdir deps", "echo broken; exit 3", "echo never")

    assert failed.environment is None
    assert [receipt.exit_code for receipt in failed.receipts] == [0, 3]
    assert "broken\n" in failed.log
    assert "never" not in failed.log
    assert [path.name for path in workshop.cache.iterdir() if not path.name.startswith(".")] == []
    assert not (await workshop.prepare("mkdir deps")).cached


async def test_several_at_once_install_once(workshop: Workshop) -> None:
    prepared = await asyncio.gather(*(workshop.prepare("mkdir deps; sleep 0.2") for _ in range(4)))

    assert sorted(one.cached for one in prepared) == [False, True, True, True]
    assert len({one.environment.key for one in prepared if one.environment}) == 1


async def test_a_builder_that_was_killed_leaves_no_half_entry(workshop: Workshop) -> None:
    key = workshop.environments().key(workshop.checkout(), scope="1", setup=["mkdir deps"])
    # Between the first directory of an entry and its rename: as far as a builder can get.
    (workshop.cache / f".{key}.new" / "entry" / "0").mkdir(parents=True)

    prepared = await workshop.prepare("mkdir deps")

    assert prepared.environment is not None
    assert not prepared.cached
    assert not (workshop.cache / f".{key}.new").exists()


async def test_cancelling_a_prepare_leaves_nothing(workshop: Workshop) -> None:
    begun = asyncio.create_task(workshop.prepare("mkdir deps; sleep 60"))
    while not list(workshop.cache.glob(".*.new/scratch")):  # noqa: ASYNC110 - the file system has no event.
        await asyncio.sleep(0.01)
    begun.cancel()

    with pytest.raises(asyncio.CancelledError):
        await begun

    assert list(workshop.cache.glob(".*.new")) == []


async def test_a_repository_without_lock_files_needs_nothing(workshop: Workshop) -> None:
    workshop.file("README.md", "")

    prepared = await workshop.prepare()

    assert prepared.environment is not None
    assert (prepared.environment.key, prepared.environment.mounts) == ("", ())


async def test_the_prepare_cage_holds_no_secret_and_no_network(workshop: Workshop) -> None:
    probe = (
        "env | grep -ciE 'token|secret|_key=' || true; "
        'python3 -c "import socket; print([i[1] for i in socket.if_nameindex()])"; '
        "ls -A ~ /tmp | grep -v ':' | tr -d '\\n'; false"
    )

    failed = await workshop.prepare(probe)

    assert failed.log.splitlines()[1:3] == ["0", "['lo']"]


async def test_a_host_that_is_not_allowed_is_named(workshop: Workshop) -> None:
    fetch = "import urllib.request as r; r.urlopen('https://elsewhere.invalid/x')"

    failed = await workshop.prepare(f'python3 -c "{fetch}"')

    assert failed.environment is None
    assert "403 Forbidden" in failed.log
    assert failed.refused == ("elsewhere.invalid:443",)


async def test_set_id_bits_and_closed_modes_do_not_survive(
    workshop: Workshop, bench: Bench
) -> None:
    made = "mkdir -p deps/closed && echo x > deps/closed/file && chmod 600 deps/closed/file && "
    made += "echo y > deps/tool && chmod 700 deps/tool && ln -s /etc/passwd deps/link && "
    made += "chmod 700 deps/closed"

    prepared = await workshop.prepare(made)
    seen = await in_cage(bench, prepared).shell("cd deps; stat -c '%a %n' closed closed/file tool")

    assert seen.output == "755 closed\n644 closed/file\n755 tool\n"
    assert prepared.environment is not None
    source = prepared.environment.mounts[0].source
    assert (source / "tool").stat().st_uid == os.geteuid()
    assert (source / "link").is_symlink()


async def test_an_entry_outlives_its_checkout(workshop: Workshop, bench: Bench) -> None:
    prepared = await workshop.prepare("mkdir deps && echo kept > deps/file")
    for checkout in workshop.cache.parent.glob("checkout-*"):
        shutil.rmtree(checkout)

    seen = await in_cage(bench, prepared).shell("cat deps/file")

    assert seen.output == "kept\n"
