"""A cage that does not hold is never used, and the operator is told why."""

import logging
import os
import re
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from app.workspace.sandbox.errors import SandboxError
from app.workspace.sandbox.sandbox import Sandbox
from app.workspace.sandbox.selftest import self_test


def _with_bubblewrap(sandbox: Sandbox, directory: Path, script: str) -> Sandbox:
    """A sandbox that starts a shell script in bubblewrap's place, where everybody can reach it."""
    place = Path("/run/phaseline-test/fakes") if os.geteuid() == 0 else directory
    place.mkdir(parents=True, exist_ok=True)
    # By the whole path: workers of one session have directories of the same name.
    program = place / f"bwrap-{sha256(str(directory).encode()).hexdigest()[:16]}"
    program.write_text(f"#!/bin/bash\n{script}\n")
    program.chmod(0o755)
    return Sandbox(replace(sandbox.settings, bubblewrap=program), sandbox.toolchain)


async def test_the_cage_of_this_machine_holds(sandbox: Sandbox, tmp_path: Path) -> None:
    await self_test(sandbox, tmp_path, [Path("/usr"), tmp_path])

    assert os.listdir(tmp_path) == []  # noqa: PTH208 - nothing to iterate over lazily.


async def test_the_version_of_bubblewrap_is_logged(
    sandbox: Sandbox, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Attack 35."""
    caplog.set_level(logging.INFO)

    await self_test(sandbox, tmp_path, [])

    (told,) = [record for record in caplog.records if record.msg == "sandbox.self_test"]
    assert re.fullmatch(r"bubblewrap \d+\.\d+\.\d+", vars(told)["version"])


async def test_without_bubblewrap_nothing_starts(sandbox: Sandbox, tmp_path: Path) -> None:
    """Attack 35."""
    settings = replace(sandbox.settings, bubblewrap=tmp_path / "bwrap")

    with pytest.raises(SandboxError, match="apt-get install bubblewrap"):
        await self_test(Sandbox(settings, sandbox.toolchain), tmp_path, [])


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        ("bwrap: setting up uid map: Permission denied", "AppArmor"),
        ("bwrap: No permissions to create a new namespace", "unprivileged_userns_clone"),
        ("bwrap: Creating new namespace failed: ENOSPC", "max_user_namespaces"),
        ("bwrap: Can't mount proc on /newroot/proc", "systempaths=unconfined"),
        ("bwrap: Unknown option --disable-userns", "0.8 or newer"),
        ("cannot make a mount namespace: Operation not permitted", "make mount namespaces"),
        ("cannot mount /a at /run/x: Permission denied", "allows mount"),
        ("bwrap: something nobody has seen", "by hand"),
    ],
)
async def test_a_cage_that_does_not_start_is_explained(
    sandbox: Sandbox, tmp_path: Path, words: str, advice: str
) -> None:
    """Attack 35: user namespaces off among them."""
    broken = _with_bubblewrap(sandbox, tmp_path, f'echo "{words}" >&2; exit 1')

    with pytest.raises(SandboxError) as caught:
        await self_test(broken, tmp_path, [])

    assert words in str(caught.value)
    assert advice in str(caught.value)


async def test_a_bubblewrap_that_cages_nothing_is_found_out(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    # Runs the command as it is, and reports like the real one.
    script = """
status=$(tr '\\0' '\\n' < /proc/self/fd/$2 | grep -A1 json-status-fd | tail -1)
while [[ $1 != -- ]]; do shift; done; shift
cd / && "$@"; code=$?
echo "{ \\"exit-code\\": $code }" > /proc/self/fd/$status
exit $code
"""
    broken = _with_bubblewrap(sandbox, tmp_path, script)

    with pytest.raises(SandboxError, match="does not hold") as caught:
        await self_test(broken, tmp_path, [])

    for promise in ("network is out of reach", "abstract sockets", "filtered", "cannot be seen"):
        assert promise in str(caught.value)
