"""What people may do in a repository, where an organisation has roles of its own."""

from typing import Any

import pytest
import respx

from app.github.connection import GitHubConnection
from app.github.people import People
from phases.core.model import Role
from tests.app.github.parts import REPOSITORY
from tests.app.github.refusing import REPO, RUN, connection, github

__all__ = ["connection", "github"]


@pytest.mark.parametrize(
    ("answer", "role"),
    [
        ({"permission": "write", "role_name": "maintain"}, Role.MAINTAIN),
        ({"permission": "read", "role_name": "triage"}, Role.TRIAGE),
        ({"permission": "write", "role_name": "release manager"}, Role.WRITE),
        ({"permission": "read", "role_name": "security reviewer"}, Role.READ),
        ({"permission": "write"}, Role.WRITE),
        ({"permission": "owner of everything"}, Role.NONE),
    ],
)
async def test_a_role_of_an_organisations_own_counts_as_what_it_is_built_on(
    github: respx.MockRouter,
    connection: GitHubConnection,
    answer: dict[str, Any],
    role: Role,
) -> None:
    """Attack 12."""
    who = {"user": {"id": 11, "login": "maintainer"}}
    github.get(f"{REPO}/collaborators/maintainer/permission").respond(json=answer | who)

    assert await People(connection.clients).role(REPOSITORY, RUN.labeller) is role
