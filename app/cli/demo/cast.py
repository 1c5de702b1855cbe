"""What one demo directory rehearses: repository, issue, script, ports. Decided once, then kept."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from app.cli.demo.folder import Folder, put
from app.cli.demo.options import DemoOptions
from app.cli.demo.ports import HOST, restartable_ports
from app.cli.demo.trouble import DemoError

SAMPLE = "sample"
OWNER = "demo"
PROCESSES = ("github", "claude", "service")
VERSION = 1


@dataclass(frozen=True)
class Cast:
    """Who plays what.

    `source` is a repository to host, None for the built-in sample; `script` is None when the real
    model plays; `ports` maps github, claude and service to ports on 127.0.0.1.
    """

    full_name: str
    source: Path | None
    script: Path | None
    title: str
    body: str
    ports: Mapping[str, int]

    def url(self, process: str) -> str:
        """Return the address of one of the three."""
        return f"http://{HOST}:{self.ports[process]}"

    @property
    def live(self) -> bool:
        """Whether the real model plays."""
        return self.script is None


def settle(folder: Folder, options: DemoOptions) -> Cast:
    """Return the cast of the directory: the one it has, else the one asked for, kept from now on.

    Raises:
        DemoError: the options make no cast, or another than the directory has.
    """
    known = _load(folder)
    asked = options.repo is not None or options.issue is not None or options.script is not None
    if known is not None and not asked and options.live == known.live:
        return known
    cast = _asked_for(options, known.ports if known is not None else _free_ports())
    if known is None:
        _save(folder, cast)
    elif known != cast:
        raise DemoError(
            f"{folder.root} rehearses something else: {known.full_name}, «{known.title}»."
            " Add --fresh to discard that, or give another --data."
        )
    return cast


def issue_of(path: Path) -> tuple[str, str]:
    """Return title and body of an issue file: the first heading, and what follows it.

    Raises:
        DemoError: the file cannot be read or has no heading.
    """
    try:
        text = path.read_text()
    except OSError as error:
        raise DemoError(f"The issue {path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise DemoError(f"The issue {path} cannot be read: it is not UTF-8") from error
    heading = re.search(r"^#+[ \t]+(\S.*?)[ \t#]*$", text, re.MULTILINE)
    if heading is None:
        raise DemoError(
            f"The issue {path} has no heading. Its first heading becomes the title: # Add a …"
        )
    return heading[1], text[heading.end() :].strip()


def _asked_for(options: DemoOptions, ports: Mapping[str, int]) -> Cast:
    from app.rehearsal.samples import SAMPLES

    sample = SAMPLES[SAMPLE]
    if options.repo is not None and (
        options.issue is None or (options.script is None and not options.live)
    ):
        raise DemoError(
            "--repo needs --issue FILE and --script FILE (docs/scripts.md), or --live with a key."
        )
    issue = options.issue or sample.issue
    title, body = issue_of(issue)
    return Cast(
        full_name=f"{OWNER}/{_name(options.repo, sample.repository)}",
        source=None if options.repo is None else _repository(options.repo),
        script=None if options.live else _script(options.script or sample.script),
        title=title,
        body=body,
        ports=ports,
    )


def _script(path: Path) -> Path:
    from app.rehearsal.claude.reading import ScriptError, read_script

    try:
        read_script(path)
    except ScriptError as error:
        raise DemoError(f"The script is not usable.\n{error}") from error
    return path.resolve()


def _repository(path: Path) -> Path:
    if not (path / ".git").exists() and not (path / "HEAD").is_file():
        raise DemoError(f"--repo {path} is not a git repository.")
    return path.resolve()


def _name(repo: Path | None, sample: Path) -> str:
    """Name the repository after its folder; the sample after the first heading of its README."""
    if repo is not None:
        return _slug(repo.resolve().name.removesuffix(".git"))
    return _slug(issue_of(sample / "README.md")[0])


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9._-]+", "-", text.lower()).strip("-.") or "repository"


def _free_ports() -> dict[str, int]:
    return dict(zip(PROCESSES, restartable_ports(len(PROCESSES)), strict=True))


def _save(folder: Folder, cast: Cast) -> None:
    data = {"version": VERSION, **asdict(cast)}
    put(folder.cast, json.dumps(data, indent=2, default=str).encode())


def _load(folder: Folder) -> Cast | None:
    if not folder.cast.exists():
        return None
    try:
        data = json.loads(folder.cast.read_bytes())
        if data.pop("version") != VERSION:
            raise DemoError(f"{folder.root} is of another version. Add --fresh to discard it.")
        for name in ("source", "script"):
            data[name] = None if data[name] is None else Path(data[name])
        return Cast(**data)
    except (ValueError, KeyError, TypeError) as error:
        raise DemoError(
            f"{folder.cast} is damaged ({error}). Add --fresh to discard it."
        ) from error
