"""Clone, fetch and push over HTTP: who may, and what a push means to the rest of the stand-in."""

from __future__ import annotations

import asyncio
import contextlib
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.responses import PlainTextResponse, Response, StreamingResponse

from app.rehearsal.github import refusals
from app.rehearsal.github.access.actors import Actor, has_role, may_see, role_of
from app.rehearsal.github.access.authenticate import authenticate
from app.rehearsal.github.acts.pushes import report_moves
from app.rehearsal.github.acts.refs import protections
from app.rehearsal.github.api.routes import find_repository
from app.rehearsal.github.context import Context
from app.rehearsal.github.git.backend import GitRequest, serve
from app.rehearsal.github.git.report import with_reasons
from app.rehearsal.github.store.repositories import Repository

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastapi import Request
    from sqlalchemy.orm import Session

    from app.rehearsal.github.hooks.sender import Sender
    from app.rehearsal.github.journal import Journal
    from app.rehearsal.github.site import Site
    from app.rehearsal.github.store.database import Database

GIT_PATH = re.compile(
    r"/(?P<owner>[^/]+)/(?P<repo>[^/]+?)(?:\.git)?/(?P<service>info/refs|git-upload-pack|git-receive-pack)"
)
_SERVICES = frozenset({"git-upload-pack", "git-receive-pack"})


@dataclass(frozen=True)
class Pass:
    """A git request that was let in."""

    repository_id: int
    directory: Path
    name: str
    writes: bool
    environment: dict[str, str]


class GitGate:
    """Serves git's smart HTTP protocol."""

    def __init__(self, database: Database, site: Site, journal: Journal, sender: Sender) -> None:
        self._database = database
        self._site = site
        self._journal = journal
        self._sender = sender
        # Pushes to the stand-in run one at a time, so that each is reported as its own pusher's.
        self._pushing = asyncio.Lock()

    async def respond(self, request: Request, owner: str, repo: str, service: str) -> Response:
        """Serve one request."""
        wanted = request.query_params.get("service", "") if service == "info/refs" else service
        if wanted not in _SERVICES:
            return PlainTextResponse("Please upgrade your git client.\n", 403)
        header = request.headers.get("authorization")
        try:
            admitted = await self._database.transact(
                lambda session: self._admit(session, header, owner, repo, wanted)
            )
        except refusals.RefusedError as refused:
            await self._note(request, header, refused.status, [])
            return _refusal(refused)
        if service == "git-receive-pack":
            async with self._pushing:
                return await self._push(request, header, admitted)
        return await self._fetch(request, header, admitted, service)

    def _admit(
        self, session: Session, header: str | None, owner: str, repo: str, wanted: str
    ) -> Pass:
        actor = _signed_in(session, header, self._site)
        repository = find_repository(session, owner, repo)
        if repository is None or not may_see(actor, repository):
            if actor.account is None:
                raise refusals.RefusedError(401, "Authentication required.")
            raise refusals.RefusedError(404, "Repository not found.")
        writes = wanted == "git-receive-pack"
        _check(actor, repository, writes=writes)
        context = Context(session, self._site, actor, self._site.clock())
        free = actor.grant is None or actor.grant.allows("workflows", "write")
        environment = {
            "STANDIN_PROTECTED": "\n".join(protections(context, repository)),
            "STANDIN_WORKFLOWS": "yes" if free else "no",
        }
        if writes:
            repository.writer_id = context.account.id
        return Pass(
            repository.id, self._site.git(repository).directory, actor.name, writes, environment
        )

    async def _fetch(
        self, request: Request, header: str | None, admitted: Pass, service: str
    ) -> Response:
        answer = await serve(
            admitted.directory,
            _git_request(request, service, admitted.name),
            request.stream(),
            _hooks(),
            {},
        )
        await self._note(request, header, answer.status, [])
        return StreamingResponse(answer.body, answer.status, dict(answer.headers))

    async def _push(self, request: Request, header: str | None, admitted: Pass) -> Response:
        with tempfile.TemporaryDirectory(prefix="push-", dir=self._site.folder) as folder:
            refused_at = Path(folder) / "refusals"
            extra = {**admitted.environment, "STANDIN_REFUSALS": str(refused_at)}
            asked = _git_request(request, "git-receive-pack", admitted.name)
            answer = await serve(admitted.directory, asked, request.stream(), _hooks(), extra)
            body = b"".join([piece async for piece in answer.body])
            reasons = _read_reasons(refused_at)
        moves = await self._database.transact(
            lambda session: self._report(session, header, admitted)
        )
        refused = [{"ref": name, "refused": reason} for name, reason in reasons.items()]
        await self._note(request, header, answer.status, [*moves, *refused])
        self._sender.wake()
        with contextlib.suppress(ValueError):
            body = with_reasons(body, reasons)
        headers = {
            name: value
            for name, value in answer.headers.items()
            if name.lower() != "content-length"
        }
        return Response(body, answer.status, headers)

    def _report(self, session: Session, header: str | None, admitted: Pass) -> list[dict[str, str]]:
        repository = session.get_one(Repository, admitted.repository_id)
        actor = _signed_in(session, header, self._site)
        context = Context(session, self._site, actor, self._site.clock())
        return report_moves(context, repository)

    async def _note(
        self, request: Request, header: str | None, status: int, moves: Sequence[dict[str, str]]
    ) -> None:
        def work(session: Session) -> None:
            actor = Actor()
            with contextlib.suppress(refusals.RefusedError):
                actor = _signed_in(session, header, self._site)
            entry: dict[str, Any] = {
                "time": self._site.clock().isoformat(timespec="milliseconds"),
                "actor": {"kind": actor.kind, "name": actor.name},
                "method": request.method,
                "path": request.url.path,
                "query": request.url.query,
                "status": status,
                "request": None,
                "response": None,
                "git": {"service": request.url.path.rpartition("/")[2], "updates": list(moves)},
            }
            self._journal.note(session, entry)

        await self._database.transact(work)


def _signed_in(session: Session, header: str | None, site: Site) -> Actor:
    try:
        return authenticate(session, header, site.clock())
    except refusals.RefusedError as error:
        raise refusals.RefusedError(
            401,
            "Invalid username or token. Password authentication is not supported for Git"
            " operations.",
        ) from error


def _check(actor: Actor, repository: Repository, *, writes: bool) -> None:
    if actor.account is None and writes:
        raise refusals.RefusedError(401, "Authentication required.")
    if actor.grant:
        if not actor.grant.allows("contents", "write" if writes else "read"):
            raise refusals.RefusedError(403, "Write access to repository not granted.")
    elif writes and actor.account and not has_role(role_of(repository, actor.account), "write"):
        raise refusals.RefusedError(
            403, f"Permission to {repository.full_name}.git denied to {actor.name}."
        )


def _refusal(refused: refusals.RefusedError) -> Response:
    headers = {"WWW-Authenticate": 'Basic realm="GitHub"'} if refused.status == 401 else {}  # noqa: PLR2004 - Unauthorized
    return PlainTextResponse(refused.message + "\n", refused.status, headers)


def _git_request(request: Request, service: str, user: str) -> GitRequest:
    headers = request.headers
    return GitRequest(
        request.method,
        service,
        request.url.query,
        headers.get("content-type", ""),
        headers.get("content-encoding", ""),
        headers.get("git-protocol", ""),
        user,
    )


def _hooks() -> Path:
    return Path(__file__).parent.parent / "git" / "hooks"


def _read_reasons(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    lines = path.read_text("utf-8", "replace").splitlines()
    return dict(line.split("\t", 1) for line in lines)
