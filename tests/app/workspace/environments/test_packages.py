"""Packages of Python and Node are installed as their locks say, from where registries point."""

import hashlib
import io
import json
import tarfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from app.workspace.environments.egress import Host
from app.workspace.environments.registries import Sources
from tests.app.workspace.environments.servers import file_server, wheel
from tests.app.workspace.environments.workshop import NOWHERE, Workshop, in_cage
from tests.app.workspace.sandbox.kit import Bench


async def test_python_packages_come_from_a_plain_index_through_the_proxy(
    workshop: Workshop, bench: Bench, tmp_path: Path
) -> None:
    content = wheel(tmp_path, "greeter").read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    page = f'<a href="/files/greeter-1.0-py3-none-any.whl#sha256={digest}">greeter</a>'.encode()
    workshop.file("back/requirements.txt", f"greeter==1.0 --hash=sha256:{digest}\n")
    files = {"/simple/greeter/": page, "/files/greeter-1.0-py3-none-any.whl": content}

    async with file_server(files) as (port, asked):
        registries = replace(NOWHERE, index=f"http://127.0.0.1:{port}/simple")
        host = Host("127.0.0.1", port, tls=False)
        workshop.sources = Sources(registries, frozenset({host}))
        prepared = await workshop.prepare()

    assert prepared.environment is not None, prepared.log
    assert "/files/greeter-1.0-py3-none-any.whl" in asked
    assert prepared.environment.path == ("/workspace/back/.venv/bin",)
    seen = await in_cage(bench, prepared).shell("greeter; command -v greeter")
    assert seen.output == "greeter runs\n/workspace/back/.venv/bin/greeter\n"


def _uv_lock(index: str, address: str, digest: str, size: int) -> str:
    return f"""version = 1
revision = 3
requires-python = ">=3.11"

[[package]]
name = "greeter"
version = "1.0"
source = {{ registry = "{index}" }}
wheels = [{{ url = "{address}", hash = "sha256:{digest}", size = {size} }}]

[[package]]
name = "project"
version = "0.1"
source = {{ virtual = "." }}
dependencies = [{{ name = "greeter" }}]

[package.metadata]
requires-dist = [{{ name = "greeter" }}]
"""


@pytest.mark.parametrize("tampered", [False, True])
async def test_a_lock_of_uv_is_installed_as_it_stands_by_its_hashes(
    workshop: Workshop, bench: Bench, tmp_path: Path, *, tampered: bool
) -> None:
    content = wheel(tmp_path, "greeter").read_bytes()
    digest = hashlib.sha256(content + b"x" * tampered).hexdigest()
    project = '[project]\nname = "project"\nversion = "0.1"\nrequires-python = ">=3.11"\n'
    workshop.file("pyproject.toml", f'{project}dependencies = ["greeter"]\n')
    name = "greeter-1.0-py3-none-any.whl"

    async with file_server({f"/files/{name}": content}) as (port, asked):
        index, address = f"http://127.0.0.1:{port}/simple", f"http://127.0.0.1:{port}/files/{name}"
        workshop.file("uv.lock", _uv_lock(index, address, digest, len(content)))
        host = Host("127.0.0.1", port, tls=False)
        workshop.sources = Sources(replace(NOWHERE, index=index), frozenset({host}))
        prepared = await workshop.prepare()

    assert f"/files/{name}" in asked
    if tampered:
        assert prepared.environment is None
        assert "Hash mismatch" in prepared.log
        return
    assert prepared.environment is not None, prepared.log
    seen = await in_cage(bench, prepared).shell("greeter")
    assert seen.output == "greeter runs\n"


async def test_python_packages_come_from_a_local_directory(
    workshop: Workshop, bench: Bench, tmp_path: Path
) -> None:
    links = tmp_path / "links"
    links.mkdir()
    wheel(links, "greeter")
    workshop.file("requirements.txt", "greeter==1.0\n")
    workshop.sources = Sources(replace(NOWHERE, find_links=(str(links),)), frozenset())
    workshop.sources = replace(
        workshop.sources, registries=replace(workshop.sources.registries, index=links.as_uri())
    )

    prepared = await workshop.prepare()

    assert prepared.environment is not None, prepared.log
    seen = await in_cage(bench, prepared).shell("greeter")
    assert seen.output == "greeter runs\n"


async def test_node_packages_are_installed_from_their_lock_and_no_script_of_theirs_runs(
    workshop: Workshop, bench: Bench
) -> None:
    package = {
        "name": "hello",
        "version": "1.0.0",
        "bin": {"hello": "cli.js"},
        "scripts": {"install": "echo ran > ran"},
    }
    workshop.file("web/hello.tgz", _tarball(package, "#!/usr/bin/env node\nconsole.log('hello')\n"))
    manifest = {"name": "web", "version": "1.0.0", "dependencies": {"hello": "file:hello.tgz"}}
    workshop.file("web/package.json", json.dumps(manifest))
    workshop.file("web/package-lock.json", json.dumps(_lock(manifest)))

    prepared = await workshop.prepare()

    assert prepared.environment is not None, prepared.log
    assert prepared.environment.path == ("/workspace/web/node_modules/.bin",)
    seen = await in_cage(bench, prepared).shell("hello; ls web/node_modules/hello")
    assert seen.output == "hello\ncli.js\npackage.json\n"


def _tarball(package: Mapping[str, object], script: str) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        for name, text in (("package.json", json.dumps(package)), ("cli.js", script)):
            entry = tarfile.TarInfo(f"package/{name}")
            entry.size, entry.mode = len(text), 0o755
            archive.addfile(entry, io.BytesIO(text.encode()))
    return made.getvalue()


def _lock(manifest: Mapping[str, object]) -> dict[str, object]:
    hello = {
        "version": "1.0.0",
        "resolved": "file:hello.tgz",
        "hasInstallScript": True,
        "bin": {"hello": "cli.js"},
    }
    return {
        **{key: manifest[key] for key in ("name", "version")},
        "lockfileVersion": 3,
        "requires": True,
        "packages": {"": manifest, "node_modules/hello": hello},
    }
