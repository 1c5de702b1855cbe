"""Make, change and delete a repository's labels."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from app.rehearsal.github import refusals
from app.rehearsal.github.hooks.emit import emit
from app.rehearsal.github.store.issues import Labelling
from app.rehearsal.github.store.repositories import Label
from app.rehearsal.github.views.repositories import label as label_view

if TYPE_CHECKING:
    from app.rehearsal.github.context import Context
    from app.rehearsal.github.store.repositories import Repository

_COLOR = re.compile(r"[0-9A-Fa-f]{6}")
# GitHub's colour for a label that is made by putting its name on an issue.
PLAIN = "ededed"
LONGEST_NAME = 50


def find_label(context: Context, repository: Repository, name: str) -> Label | None:
    """Find a label by its name, whatever its case."""
    return context.session.scalar(
        select(Label).where(Label.repository_id == repository.id, Label.name == name)
    )


def create_label(
    context: Context, repository: Repository, name: str, color: str, description: str | None
) -> Label:
    """Make a label.

    Raises:
        RefusedError: 422 for a bad colour or name, or one that exists.
    """
    _check(name, color)
    if find_label(context, repository, name):
        raise refusals.invalid_field("Label", "name", code="already_exists")
    row = Label(
        repository_id=repository.id, name=name, color=color.lower(), description=description
    )
    context.session.add(row)
    context.session.flush()
    emit(context, repository, "label", "created", label=label_view(context, repository, row))
    return row


def named_labels(context: Context, repository: Repository, names: list[str]) -> list[Label]:
    """Give the labels of these names, each once.

    A name that is new becomes a label, as on GitHub.
    """
    found: list[Label] = []
    for name in names:
        row = find_label(context, repository, name) or create_label(
            context, repository, name, PLAIN, None
        )
        if row not in found:
            found.append(row)
    return found


def edit_label(
    context: Context,
    repository: Repository,
    row: Label,
    name: str,
    color: str,
    description: str | None,
) -> None:
    """Change a label.

    Raises:
        RefusedError: 422 for a bad colour or name, or one that another label has.
    """
    _check(name, color)
    other = find_label(context, repository, name)
    if other and other.id != row.id:
        raise refusals.invalid_field("Label", "name", code="already_exists")
    changes: dict[str, Any] = {}
    for field, value in (("name", name), ("color", color.lower()), ("description", description)):
        if getattr(row, field) != value:
            changes[field] = {"from": getattr(row, field)}
            setattr(row, field, value)
    context.session.flush()
    emit(
        context,
        repository,
        "label",
        "edited",
        label=label_view(context, repository, row),
        changes=changes,
    )


def delete_label(context: Context, repository: Repository, row: Label) -> None:
    """Delete a label; it leaves every issue that carried it."""
    for labelling in context.session.scalars(select(Labelling).where(Labelling.label_id == row.id)):
        context.session.delete(labelling)
    context.session.flush()
    emit(context, repository, "label", "deleted", label=label_view(context, repository, row))
    context.session.delete(row)
    context.session.flush()


def _check(name: str, color: str) -> None:
    if not name.strip():
        raise refusals.invalid_field("Label", "name", code="missing_field")
    if len(name) > LONGEST_NAME:
        raise refusals.custom(
            "Label", f"name is too long (maximum is {LONGEST_NAME} characters)", "name"
        )
    if not _COLOR.fullmatch(color):
        raise refusals.invalid_field("Label", "color")
