"""Packages come from where the clients of this machine are told to take them."""

from pathlib import Path

import pytest

from app.workspace.environments.egress import Host
from app.workspace.environments.registries import (
    Registries,
    ask_clients,
    find_sources,
    reachable_hosts,
)
from app.workspace.sandbox.toolchain import Toolchain
from tests.app.workspace.environments.servers import file_server


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home without settings of its own; npm reads them there too."""
    directory = tmp_path / "home"
    directory.mkdir()
    return directory


async def _ask(home: Path, **environment: str) -> Registries:
    node = Toolchain.find().node
    return await ask_clients({"HOME": str(home), "PATH": "/usr/bin", **environment}, home, node)


def _put(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


async def test_npm_is_asked_for_its_registry(home: Path) -> None:
    (home / ".npmrc").write_text("registry=https://npm.example/mirror/\n")

    asked = await _ask(home)

    assert asked.npm == "https://npm.example/mirror/"


async def test_pips_file_names_the_python_index(home: Path) -> None:
    settings = (
        "[global]\nindex-url = https://py.example/simple\nextra-index-url = https://two.example/s\n"
    )
    _put(home / ".config/pip/pip.conf", settings)

    asked = await _ask(home)

    assert asked.index == "https://py.example/simple"
    assert "https://two.example/s" in asked.extra_indexes


async def test_uvs_settings_go_before_pips_and_variables_before_files(home: Path) -> None:
    _put(home / ".config/pip/pip.conf", "[global]\nindex-url = https://pip.example/simple\n")
    _put(
        home / ".config/uv/uv.toml",
        '[[index]]\nurl = "https://uv.example/simple"\ndefault = true\n'
        '[[index]]\nname = "more"\nurl = "https://more.example/simple"\n',
    )

    from_files = await _ask(home)
    from_variable = await _ask(home, UV_DEFAULT_INDEX="mine=https://variable.example/simple")
    from_old_variable = await _ask(home, UV_INDEX_URL="https://old.example/simple")

    assert from_files.index == "https://uv.example/simple"
    assert "https://more.example/simple" in from_files.extra_indexes
    assert from_variable.index == "https://variable.example/simple"
    assert from_old_variable.index == "https://old.example/simple"


async def test_credentials_are_left_out(home: Path) -> None:
    asked = await _ask(home, PIP_INDEX_URL="https://user:secret@py.example:8443/simple")

    assert asked.index == "https://py.example:8443/simple"


async def test_local_directories_are_named_with_those_their_pages_link_to(
    home: Path, tmp_path: Path
) -> None:
    index, files, links = (tmp_path / name for name in ("simple", "files", "links"))
    for directory in (index, files, links):
        directory.mkdir()
    _put(index / "tool" / "index.html", '<a href="../../files/tool-1.0.whl#sha256=0">tool</a>')

    asked = await _ask(home, PIP_EXTRA_INDEX_URL=index.as_uri(), PIP_FIND_LINKS=str(links))

    assert {index, files, links} <= set(asked.directories)


async def test_an_index_is_asked_where_its_files_lie() -> None:
    page = b'<a href="https://files.example:8443/a.whl">a</a><a href="../b.whl">b</a>'
    async with file_server({"/simple/pip/": page}) as (port, _):
        index = f"http://127.0.0.1:{port}/simple"
        registries = Registries(npm="https://npm.example/", index=index)

        hosts = await reachable_hosts(registries)

    assert hosts == {
        Host("npm.example", 443),
        Host("127.0.0.1", port, tls=False),
        Host("files.example", 8443),
    }


async def test_the_file_host_of_the_public_index_is_known_without_asking() -> None:
    registries = Registries(npm="https://npm.example/", index="https://pypi.org/simple")

    hosts = await reachable_hosts(registries)

    assert Host("files.pythonhosted.org", 443) in hosts


async def test_an_operator_can_add_hosts(home: Path) -> None:
    environment = {"HOME": str(home), "PATH": "/usr/bin"}
    more = frozenset({Host("git.example", 443)})

    sources = await find_sources(environment, home, Toolchain.find().node, more)

    assert more < sources.hosts
