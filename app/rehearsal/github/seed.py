"""What a folder holds when the stand-in starts on it: people, repositories, the App.

What is there already stays.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from sqlalchemy import select

from app.rehearsal.github.access.actors import Actor
from app.rehearsal.github.access.tokens import mint_personal_token
from app.rehearsal.github.acts.apps import AppForm, add_key, install, register_app
from app.rehearsal.github.acts.pushes import report_moves
from app.rehearsal.github.context import Context
from app.rehearsal.github.git.plumbing import GitError, git, run_git
from app.rehearsal.github.store.apps import App
from app.rehearsal.github.store.base import moment
from app.rehearsal.github.store.people import Account, PersonalToken
from app.rehearsal.github.store.repositories import Label, Membership, ReportedRef, Repository

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.orm import Session

    from app.rehearsal.github.options import AppRegistration, HostedRepository
    from app.rehearsal.github.site import Site

# Login -> the role in every hosted repository; a stranger has none.
PEOPLE = {
    "maintainer": "admin",
    "writer": "write",
    "triager": "triage",
    "reader": "read",
    "stranger": None,
}
APP_NAME = "Phaseline"
APP_PERMISSIONS = {
    "checks": "write",
    "contents": "write",
    "issues": "write",
    "metadata": "read",
    "pull_requests": "write",
}
APP_EVENTS = (
    "check_run",
    "issue_comment",
    "issues",
    "pull_request",
    "pull_request_review",
    "pull_request_review_comment",
    "push",
)
# The labels that a new repository has on GitHub (docs.github.com/issues: managing labels).
LABELS = {
    "bug": ("d73a4a", "Something isn't working"),
    "documentation": ("0075ca", "Improvements or additions to documentation"),
    "duplicate": ("cfd3d7", "This issue or pull request already exists"),
    "enhancement": ("a2eeef", "New feature or request"),
    "good first issue": ("7057ff", "Good for newcomers"),
    "help wanted": ("008672", "Extra attention is needed"),
    "invalid": ("e4e669", "This doesn't seem right"),
    "question": ("d876e3", "Further information is requested"),
    "wontfix": ("ffffff", "This will not be worked on"),
}


class SeedError(Exception):
    """The stand-in cannot start on what it was given; the message says what to do."""


def seed_people(session: Session, site: Site) -> dict[str, Account]:
    """Make the people that are missing, each with a token."""
    found = {}
    for login in PEOPLE:
        account = session.scalar(select(Account).where(Account.login == login))
        if account is None:
            account = Account(
                login=login, kind="User", name=login.capitalize(), created_at=moment(site.clock())
            )
            session.add(PersonalToken(token=mint_personal_token(), account=account))
            session.flush()
        found[login] = account
    return found


def seed_repository(session: Session, site: Site, hosted: HostedRepository) -> Repository:
    """Host a repository: copy its branches and tags the first time, leave it alone later.

    Raises:
        SeedError: The name is not `owner/name`, or the source is not a git repository.
    """
    owner_login, found, name = hosted.full_name.partition("/")
    if not (owner_login and found and name) or "/" in name:
        raise SeedError(f"'{hosted.full_name}' is not a repository's name. Give owner/name=PATH.")
    owner = session.scalar(select(Account).where(Account.login == owner_login))
    now = moment(site.clock())
    if owner is None:
        owner = Account(login=owner_login, kind="Organization", created_at=now)
        session.add(owner)
        session.flush()
    row = session.scalar(
        select(Repository).where(Repository.owner_id == owner.id, Repository.name == name)
    )
    if row is not None:
        return row
    row = Repository(
        name=name,
        private=True,
        default_branch="main",
        created_at=now,
        updated_at=now,
        pushed_at=now,
        owner=owner,
    )
    session.add(row)
    session.flush()
    row.default_branch = _copy(hosted.source, site.git_root / f"{row.id}.git")
    _complete(session, site, row)
    return row


def _complete(session: Session, site: Site, row: Repository) -> None:
    for label, (color, description) in LABELS.items():
        session.add(
            Label(
                repository_id=row.id, name=label, color=color, description=description, default=True
            )
        )
    for login, account in seed_people(session, site).items():
        role = PEOPLE[login]
        if role:
            session.add(Membership(repository_id=row.id, role=role, account=account))
    for ref, sha in site.git(row).refs("refs/").items():
        session.add(ReportedRef(repository_id=row.id, name=ref, sha=sha))
    session.flush()


def _copy(source: Path, target: Path) -> str:
    """Copy branches and tags into a new bare repository; gives the default branch."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    try:
        branch = run_git(source, "symbolic-ref", "--short", "HEAD").decode().strip()
        git(target, "init", "--quiet", "--bare", f"--initial-branch={branch}")
        refs = ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
        git(target, "fetch", "--quiet", "--no-auto-gc", str(source.resolve()), *refs)
        git(target, "rev-parse", "--verify", "--quiet", f"refs/heads/{branch}")
    except GitError as error:
        raise SeedError(
            f"{source} cannot be hosted: {error}. Give the path of a git repository whose current"
            " branch has a commit."
        ) from error
    return branch


def seed_app(session: Session, site: Site, given: AppRegistration, hosted: list[Repository]) -> App:
    """Register the App and install it on the hosted repositories.

    Key and webhook follow what is given now.

    Raises:
        SeedError: A file cannot be read, or the key is not a private key.
    """
    maintainer = session.scalars(select(Account).where(Account.login == "maintainer")).one()
    context = Context(session, site, Actor(account=maintainer), site.clock())
    secret = _text(given.webhook_secret).strip() if given.webhook_secret else None
    app = session.get(App, given.app_id)
    if app is None:
        owner = hosted[0].owner if hosted else maintainer
        form = AppForm(
            name=APP_NAME,
            description=None,
            external_url="http://127.0.0.1",
            webhook_url=given.webhook_url,
            webhook_secret=secret,
            webhook_active=given.webhook_url is not None,
            public=False,
            permissions=APP_PERMISSIONS,
            events=APP_EVENTS,
        )
        app = register_app(context, owner, form, given.app_id)
    app.webhook_url, app.webhook_secret = given.webhook_url, secret
    app.webhook_active = given.webhook_url is not None
    try:
        add_key(context, app, _text(given.private_key))
    except ValueError as error:
        raise SeedError(f"{given.private_key} is not a private key in PEM form.") from error
    for owner_id in sorted({row.owner_id for row in hosted}):
        rows = [row for row in hosted if row.owner_id == owner_id]
        install(context, app, rows[0].owner, rows)
    return app


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError as error:
        raise SeedError(f"{path} cannot be read: {error.strerror}.") from error


def report_lost_moves(session: Session, site: Site) -> None:
    """Report refs that moved just before a crash.

    As the work of whoever was let in to write last.
    """
    for row in session.scalars(select(Repository)).all():
        writer = session.get(Account, row.writer_id) if row.writer_id else None
        if writer is None:
            continue
        app = session.scalar(select(App).where(App.bot_id == writer.id))
        context = Context(session, site, Actor(account=writer, app=app), site.clock())
        report_moves(context, row)
