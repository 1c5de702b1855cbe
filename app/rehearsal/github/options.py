"""What the stand-in is started with. It holds no behaviour."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from app.rehearsal.github.faults.plan import FaultOptions


@dataclass(frozen=True)
class HostedRepository:
    """One repository to host: `full_name` is `owner/name`.

    `source` is a checkout or a bare repository to copy from.
    """

    full_name: str
    source: Path


@dataclass(frozen=True)
class AppRegistration:
    """The GitHub App that is registered and installed on every hosted repository.

    Its public key is derived from `private_key`; the files are read at start. Without
    `webhook_url` the App's webhook is inactive.
    """

    app_id: int
    private_key: Path
    webhook_secret: Path | None
    webhook_url: str | None


@dataclass(frozen=True)
class GitHubOptions:
    """How the stand-in runs.

    The port on 127.0.0.1, the folder of its state, what it hosts, its first App, and how many of
    the Apps' calls it lets fail.
    """

    port: int
    data: Path
    repositories: tuple[HostedRepository, ...]
    app: AppRegistration | None
    faults: FaultOptions
