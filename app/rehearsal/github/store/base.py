"""What all tables share: typed rows, JSON columns, moments and node ids. No queries live here."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import JSON
from sqlalchemy.orm import DeclarativeBase, MappedAsDataclass

# Ids start where no list index or issue number can be mistaken for them.
FIRST_ID = 1001


class Row(MappedAsDataclass, DeclarativeBase, kw_only=True):
    """A row of the stand-in's database."""

    type_annotation_map: ClassVar[dict[Any, Any]] = {
        list[str]: JSON,
        list[int]: JSON,
        dict[str, str]: JSON,
        dict[str, Any]: JSON,
    }


def moment(when: datetime) -> str:
    """Write a moment down with microseconds, so that rows of one second keep their order."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def seconds(text: str) -> str:
    """Cut a stored moment to the whole seconds that GitHub's API shows."""
    return text[:19] + "Z"


def node_id(prefix: str, row_id: int) -> str:
    """Make the opaque global id of a row, such as `PR_kw...` for a pull request."""
    return f"{prefix}_kw" + base64.urlsafe_b64encode(
        b"\x93" + row_id.to_bytes(8, "big")
    ).decode().rstrip("=")


def read_node_id(text: str) -> tuple[str, int] | None:
    """Take a global id apart into its prefix and the row's id; None when it is not one of ours."""
    prefix, found, packed = text.partition("_kw")
    if not found:
        return None
    try:
        raw = base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4))
    except ValueError:
        return None
    return (prefix, int.from_bytes(raw[1:], "big")) if len(raw) == 9 and raw[0] == 0x93 else None  # noqa: PLR2004 - tag and id
