"""Where the package clients of this machine take packages from, asked of their own configuration.

So a mirror that an operator has set up is used without our being told. Nothing is downloaded here
but the page that tells where an index keeps its files.
"""

import asyncio
import configparser
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

import httpx

from app.workspace.environments.egress import Host, hosts_of

_PYTHON_INDEX = "https://pypi.org/simple"
_NPM_REGISTRY = "https://registry.npmjs.org/"
_FILES_OF = {"pypi.org": Host("files.pythonhosted.org", 443)}
"""Hosts of files that are known without asking."""

_ASK_SECONDS = 15.0
_ASKED_PACKAGE = "pip"
_PAGE_BYTES = 4 << 20
_MOST_PAGES = 50
_LINK = re.compile(r"""href\s*=\s*["']([^"'#]+)""", re.IGNORECASE)


@dataclass(frozen=True)
class Registries:
    """The sources of packages: URLs, and directories of this machine."""

    npm: str
    index: str
    extra_indexes: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()

    @property
    def urls(self) -> tuple[str, ...]:
        """All of them."""
        return (self.npm, self.index, *self.extra_indexes, *self.find_links)

    @property
    def directories(self) -> tuple[Path, ...]:
        """Those that are directories of this machine, with the ones where they keep their files."""
        paths = (_as_path(source) for source in self.urls)
        known = {path for path in paths if path is not None and path.is_dir()}
        files = (_linked_directories(path) for path in known)
        return tuple(sorted(known.union(*files)))


async def ask_clients(environment: Mapping[str, str], home: Path, node: Path) -> Registries:
    """Ask npm and read what pip and uv read; `node` is the directory of Node.

    Credentials in an address are left out: the prepare cage holds no secrets.
    """
    pip = _pip_settings(environment, home)
    uv = _uv_settings(environment, home)
    index = (
        environment.get("UV_DEFAULT_INDEX")
        or environment.get("UV_INDEX_URL")
        or uv.index
        or environment.get("PIP_INDEX_URL")
        or pip.get("index-url")
        or _PYTHON_INDEX
    )
    extra = [
        *_words(environment.get("UV_INDEX") or environment.get("UV_EXTRA_INDEX_URL")),
        *uv.extra,
        *_words(environment.get("PIP_EXTRA_INDEX_URL") or pip.get("extra-index-url")),
    ]
    links = [
        *_words(environment.get("UV_FIND_LINKS")),
        *_words(environment.get("PIP_FIND_LINKS") or pip.get("find-links")),
    ]
    return Registries(
        npm=_bare(await _npm_registry(environment, node)),
        index=_bare(_named(index)),
        extra_indexes=_distinct(_bare(_named(url)) for url in extra),
        find_links=_distinct(_bare(url) for url in links),
    )


@dataclass(frozen=True)
class Sources:
    """Where packages come from, and all hosts that may be reached for them."""

    registries: Registries
    hosts: frozenset[Host]


async def find_sources(
    environment: Mapping[str, str], home: Path, node: Path, more: frozenset[Host]
) -> Sources:
    """Ask the clients and their indexes; `more` are the hosts that the operator adds."""
    registries = await ask_clients(environment, home, node)
    return Sources(registries, await reachable_hosts(registries) | more)


async def reachable_hosts(registries: Registries) -> frozenset[Host]:
    """The hosts that installing takes: the registries themselves and where their files lie."""
    found = set(hosts_of(registries.urls))
    async with httpx.AsyncClient(timeout=_ASK_SECONDS, follow_redirects=True) as client:
        pages = (f"{index.rstrip('/')}/{_ASKED_PACKAGE}/" for index in _remote(registries))
        answers = await asyncio.gather(*(_files_of(client, page) for page in pages))
    return frozenset(found.union(*answers))


def _remote(registries: Registries) -> Iterable[str]:
    return (url for url in (registries.index, *registries.extra_indexes) if Host.of_url(url))


async def _files_of(client: httpx.AsyncClient, page: str) -> frozenset[Host]:
    """Where an index keeps its files; just the index itself when it does not say."""
    host = Host.of_url(page)
    if host is not None and host.name in _FILES_OF:
        return frozenset({_FILES_OF[host.name]})
    try:
        answer = await client.get(page, headers={"Accept": "text/html"})
        answer.raise_for_status()
    except httpx.HTTPError:
        return frozenset()
    links = _LINK.findall(answer.text[:_PAGE_BYTES])
    return hosts_of([str(answer.url), *(urljoin(str(answer.url), link) for link in links)])


async def _npm_registry(environment: Mapping[str, str], node: Path) -> str:
    process = await asyncio.create_subprocess_exec(
        node / "bin" / "node",
        node / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js",
        *("config", "get", "registry"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        # Not in a repository, whose .npmrc must have no say.
        cwd="/",
        env=dict(environment),
    )
    printed, _ = await process.communicate()
    registry = printed.decode("utf-8", "replace").strip()
    return registry if Host.of_url(registry) else _NPM_REGISTRY


def _pip_settings(environment: Mapping[str, str], home: Path) -> dict[str, str]:
    """What pip's files say, later ones winning, in pip's order."""
    files = (
        Path("/etc/pip.conf"),
        home / ".pip" / "pip.conf",
        Path(environment.get("XDG_CONFIG_HOME") or home / ".config") / "pip" / "pip.conf",
        *([Path(environment["PIP_CONFIG_FILE"])] if environment.get("PIP_CONFIG_FILE") else []),
    )
    found: dict[str, str] = {}
    for file in files:
        parser = configparser.RawConfigParser()
        try:
            parser.read(file, encoding="utf-8")
        except (configparser.Error, UnicodeDecodeError, OSError):
            continue
        for section in ("global", "install"):
            if parser.has_section(section):
                found.update(parser.items(section))
    return found


@dataclass(frozen=True)
class _Uv:
    index: str | None
    extra: tuple[str, ...]


def _uv_settings(environment: Mapping[str, str], home: Path) -> _Uv:
    files = (
        Path(environment.get("XDG_CONFIG_HOME") or home / ".config") / "uv" / "uv.toml",
        Path("/etc/uv/uv.toml"),
    )
    for file in files:
        try:
            read = tomllib.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        indexes = [entry for entry in read.get("index", []) if isinstance(entry, dict)]
        default = next((entry["url"] for entry in indexes if entry.get("default")), None)
        extra = tuple(entry["url"] for entry in indexes if not entry.get("default"))
        return _Uv(default or read.get("index-url"), extra)
    return _Uv(None, ())


def _words(text: str | None) -> list[str]:
    return (text or "").split()


def _named(index: str) -> str:
    """The URL of an index that uv writes as `name=URL`."""
    name, mark, url = index.partition("=")
    return url if mark and name.replace("-", "").isalnum() else index


def _bare(url: str) -> str:
    parts = urlsplit(url)
    if "@" not in parts.netloc:
        return url
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _distinct(urls: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(urls))


def _linked_directories(index: Path) -> set[Path]:
    """The directories that the pages of a local index link to."""
    found: set[Path] = set()
    for page in islice(index.glob("*/index.html"), _MOST_PAGES):
        for link in _LINK.findall(page.read_text(encoding="utf-8", errors="replace")):
            target = _as_path(urljoin(page.as_uri(), unquote(link)))
            if target is not None and target.parent.is_dir():
                found.add(target.parent)
    return found


def _as_path(source: str) -> Path | None:
    parts = urlsplit(source)
    if parts.scheme == "file":
        return Path(parts.path)
    return Path(source) if source.startswith("/") else None
