"""The contract of a cage: every way out that we know is shut. Attacks 28, 29, 31 to 34, 36 and 38.

The control shows that the same attempts get out where there is no cage.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from app.workspace.sandbox.sandbox import Sandbox
from app.workspace.sandbox.uncaged import Places, Uncaged
from tests.app.workspace.sandbox.kit import as_ordinary_user, make_sandbox
from tests.security.contract import escapes

BACKENDS: dict[str, Callable[[], Sandbox]] = {"bubblewrap": make_sandbox}
LEAST = 60
# What these need is not everywhere there: a block device, or a kernel that has the thing at all.
DEPENDS_ON_THE_HOST = {
    "28 descriptors are inherited",
    "29 a device of the host is there",
    "29 the same, by the root of another process",
    "31 control groups can be reached",
    "32 /proc/sysrq-trigger can be written",
    "32 a virtual machine's socket",
    "32 the kernel's ciphers",
    "32 io_uring",
    "32 kernel modules",
    "32 userfaultfd",
    "32 performance events",
    "32 kernel keys",
    "33 an interface besides loopback",
    "33 a route",
    "34 files without end",
    "34 memory without end",
    "34 processes without number",
    "34 core dumps",
    "36 a program on the path can be replaced",
}


@pytest.mark.parametrize("backend", BACKENDS)
async def test_no_way_out_works(backend: str, tmp_path: Path) -> None:
    """As root this is a service that drops; as anybody else one that cages as itself."""
    found = await escapes(BACKENDS[backend](), tmp_path, harmless=False)

    assert [name for name, worked in found.items() if worked] == []
    assert len(found) >= LEAST


async def test_no_way_out_works_for_a_service_that_is_not_root() -> None:
    program = "import sys; from tests.security.contract import as_a_program as go; go(sys.argv[1])"

    found = json.loads(await as_ordinary_user(program))

    assert [name for name, worked in found.items() if worked] == []
    assert len(found) >= LEAST


async def test_the_same_attempts_get_out_where_there_is_no_cage(tmp_path: Path) -> None:
    caged = make_sandbox()
    places = Places(tmp_path / "workspace", tmp_path / "programs")
    uncaged = Uncaged(caged.settings, caged.toolchain, places)

    found = await escapes(uncaged, tmp_path, harmless=True)

    shut = {name for name, worked in found.items() if not worked} - DEPENDS_ON_THE_HOST
    assert os.geteuid() != 0 or shut == set()
    assert sum(found.values()) >= len(found) // 3
