"""Finds the parts of a repository, from the names of its files and its package.json files.

It reads nothing itself and decides nothing about who may write where.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Any

from phases.core.submission import Side

_ASIDE = frozenset(
    {
        *("node_modules", "vendor", "third_party", "dist", "build", "target", ".venv", "venv"),
        *("fixtures", "__fixtures__", "testdata", "test-data", "samples", "examples", "example"),
        *("templates", "docs", "doc", ".github", "tests", "test", "__tests__"),
    }
)
"""Directories whose manifests are not those of the repository itself."""

_FRONT_END = frozenset(
    {
        *("react", "react-dom", "preact", "vue", "svelte", "solid-js", "lit", "@angular/core"),
        *("next", "nuxt", "astro", "ember-source", "@sveltejs/kit", "alpinejs", "htmx.org"),
        *("vite", "parcel", "@remix-run/react", "react-scripts", "webpack-dev-server"),
    }
)
_FRONT_END_SUFFIXES = (".tsx", ".jsx", ".vue", ".svelte", ".astro")


class Ecosystem(StrEnum):
    """What a part of a repository is built with."""

    PYTHON = "python"
    NODE = "node"
    OTHER = "other"


_MANIFESTS = {
    "pyproject.toml": Ecosystem.PYTHON,
    "setup.py": Ecosystem.PYTHON,
    "setup.cfg": Ecosystem.PYTHON,
    "requirements.txt": Ecosystem.PYTHON,
    "package.json": Ecosystem.NODE,
    "go.mod": Ecosystem.OTHER,
    "Cargo.toml": Ecosystem.OTHER,
    "pom.xml": Ecosystem.OTHER,
    "build.gradle": Ecosystem.OTHER,
    "build.gradle.kts": Ecosystem.OTHER,
    "Gemfile": Ecosystem.OTHER,
    "composer.json": Ecosystem.OTHER,
    "mix.exs": Ecosystem.OTHER,
}


@dataclass(frozen=True, order=True)
class Part:
    """A directory with a manifest ("" is the root), and the side it belongs to."""

    directory: str
    side: Side
    ecosystem: Ecosystem

    def path(self, name: str) -> str:
        """Return the path of something in this part."""
        return f"{self.directory}/{name}" if self.directory else name


def parts(files: Sequence[str], packages: Mapping[str, str]) -> tuple[Part, ...]:
    """Return the parts of a repository, the shallowest first.

    `packages` are the texts of `package.json` files by path.
    """
    found: dict[tuple[str, Ecosystem], Part] = {}
    for file in sorted(files, key=lambda file: (file.count("/"), file)):
        directory, _, name = file.rpartition("/")
        ecosystem = _MANIFESTS.get(name)
        if ecosystem is None or _is_aside(directory) or (directory, ecosystem) in found:
            continue
        if name == "requirements.txt" and _within(directory, found, Ecosystem.PYTHON):
            continue
        side = Side.BACKEND
        if ecosystem is Ecosystem.NODE:
            side = _node_side(directory, files, package(packages.get(file, "")))
        found[directory, ecosystem] = Part(directory, side, ecosystem)
    kept = _without_tooling(tuple(found.values()), packages)
    if any(part.ecosystem is not Ecosystem.NODE for part in kept):
        return kept
    return kept + _without_manifest(files, kept)


def package(text: str) -> Mapping[str, Any]:
    """Return what a `package.json` holds; nothing when it cannot be read."""
    try:
        manifest = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return manifest if isinstance(manifest, dict) else {}


def _is_aside(directory: str) -> bool:
    return not _ASIDE.isdisjoint(PurePosixPath(directory).parts)


def _within(directory: str, found: Iterable[tuple[str, Ecosystem]], kind: Ecosystem) -> bool:
    return any(
        ecosystem is kind and (not above or f"{directory}/".startswith(f"{above}/"))
        for above, ecosystem in found
    )


def _node_side(directory: str, files: Sequence[str], manifest: Mapping[str, Any]) -> Side:
    """A package is a front end when it depends on the means of one, or holds its files."""
    dependencies = {
        name
        for key in ("dependencies", "devDependencies")
        if isinstance(manifest.get(key), dict)
        for name in manifest[key]
    }
    prefix = f"{directory}/" if directory else ""
    below = [file.removeprefix(prefix) for file in files if file.startswith(prefix)]
    shows = any(
        file.endswith(_FRONT_END_SUFFIXES) or file in {"index.html", "public/index.html"}
        for file in below
    )
    return Side.FRONTEND if dependencies & _FRONT_END or shows else Side.BACKEND


def _without_tooling(found: tuple[Part, ...], packages: Mapping[str, str]) -> tuple[Part, ...]:
    """Leave out a package at the root that only holds the tools or workspaces of others."""
    root = next((p for p in found if not p.directory and p.ecosystem is Ecosystem.NODE), None)
    if root is None or len(found) == 1:
        return found
    manifest = package(packages.get("package.json", ""))
    if "workspaces" in manifest or not manifest.get("dependencies"):
        return tuple(part for part in found if part is not root)
    return found


def _without_manifest(files: Sequence[str], kept: tuple[Part, ...]) -> tuple[Part, ...]:
    python = [f for f in files if f.endswith(".py") and not _is_aside(f.rpartition("/")[0])]
    if not python or any(part.side is Side.BACKEND for part in kept):
        return ()
    if not kept:
        return (Part("", Side.BACKEND, Ecosystem.PYTHON),)
    inside = {part.directory for part in kept}
    tops = sorted({f.partition("/")[0] for f in python if "/" in f} - inside)
    return tuple(Part(top, Side.BACKEND, Ecosystem.PYTHON) for top in tops[:1])
