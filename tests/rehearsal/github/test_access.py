from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.rehearsal.github.standin import APP_ID, REPOSITORY

if TYPE_CHECKING:
    from tests.rehearsal.github.standin import Standin

REPO = f"/repos/{REPOSITORY}"
AUTHENTICATING = "docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app"


def test_the_app_reads_itself_and_its_installations(standin: Standin) -> None:
    app = standin.app()

    me = app.get("/app").json()
    installations = app.get("/app/installations").json()
    of_repository = app.get(f"{REPO}/installation").json()

    assert (me["id"], me["slug"]) == (APP_ID, "phaseline")
    assert [row["id"] for row in installations] == [of_repository["id"]]
    assert app.get(f"/app/installations/{of_repository['id']}").json() == of_repository
    assert of_repository["permissions"]["issues"] == "write"


def test_an_installation_token_is_long_and_reaches_its_repositories_for_an_hour(
    standin: Standin,
) -> None:
    """docs.github.com/rest/apps/apps#create-an-installation-access-token-for-an-app: it expires
    after one hour.
    """
    token = standin.mint()
    client = standin.client(token)

    repositories = client.get("/installation/repositories").json()
    before = client.get(REPO).status_code
    standin.clock.offset += timedelta(minutes=61)
    after = client.get(REPO)
    standin.clock.offset -= timedelta(minutes=61)

    assert token.startswith(f"ghs_{APP_ID}_")
    assert len(token) > 450
    assert [row["full_name"] for row in repositories["repositories"]] == [REPOSITORY]
    assert before == 200
    assert (after.status_code, after.json()["message"]) == (401, "Bad credentials")


def test_a_token_can_be_narrowed_and_revoked(standin: Standin) -> None:
    repository_id = standin.summary["repositories"][0]["id"]
    app = standin.app()
    url = f"/app/installations/{standin.summary['app']['installation_id']}/access_tokens"

    minted = app.post(
        url, json={"repository_ids": [repository_id], "permissions": {"contents": "read"}}
    ).json()
    client = standin.client(minted["token"])
    read = client.get(f"{REPO}/commits")
    comment = client.post(f"{REPO}/issues", json={"title": "x"})
    revoked = client.delete("/installation/token")
    after = client.get(REPO)

    assert minted["permissions"] == {"contents": "read", "metadata": "read"}
    assert minted["repository_selection"] == "selected"
    assert read.status_code == 200
    assert (comment.status_code, comment.json()["message"]) == (
        403,
        "Resource not accessible by integration",
    )
    assert (revoked.status_code, after.status_code) == (204, 401)


@pytest.mark.parametrize(
    "body",
    [
        {"permissions": {"workflows": "write"}},
        {"repositories": ["unknown"]},
        {"repository_ids": [99]},
    ],
)
def test_more_than_the_installation_has_is_not_granted(
    standin: Standin, body: dict[str, object]
) -> None:
    """docs.github.com/rest/apps/apps#create-an-installation-access-token-for-an-app (422)."""
    url = f"/app/installations/{standin.summary['app']['installation_id']}/access_tokens"

    answer = standin.app().post(url, json=body)

    assert answer.status_code == 422


def test_bad_credentials_are_401_with_githubs_body(standin: Standin) -> None:
    """docs.github.com/rest/authentication/authenticating-to-the-rest-api: 401 Unauthorized, `Bad
    credentials`.
    """
    answer = standin.client("ghp_nobody").get(REPO)

    assert answer.status_code == 401
    assert answer.json() == {
        "message": "Bad credentials",
        "documentation_url": "https://docs.github.com/rest",
        "status": "401",
    }


@pytest.mark.parametrize(
    ("claims", "status", "said"),
    [
        ({"exp": 1}, 401, "'Expiration time' claim ('exp') must be a numeric value"),
        ({"exp": 4102444800}, 401, "'Expiration time' claim ('exp') is too far in the future"),
        ({"iat": 4102444800}, 401, "'Issued at' claim ('iat') must be an Integer"),
        ({"iat": "now"}, 401, "'Issued at' claim ('iat') must be an Integer"),
        ({"iss": "1"}, 404, "Integration not found"),
    ],
)
def test_a_jwt_with_wrong_claims_is_refused(
    standin: Standin, claims: dict[str, object], status: int, said: str
) -> None:
    """docs.github.com/apps/creating-github-apps: generating a JSON web token (JWT) for a GitHub
    App, about iat, exp, iss.
    """
    answer = standin.client(standin.app_jwt(**claims)).get("/app")

    assert answer.status_code == status
    assert said in answer.json()["message"]


def test_a_jwt_of_another_key_or_none_at_all_is_not_decoded(standin: Standin) -> None:
    """docs.github.com/rest/apps/apps: you must use a JWT to access this endpoint."""
    head, claims, signature = standin.app_jwt().split(".")
    forged = f"{head}.{claims}.{signature[::-1]}"

    for client in (standin.client(forged), standin.client(None), standin.installation()):
        answer = client.get("/app")
        assert (answer.status_code, answer.json()["message"]) == (
            401,
            "A JSON web token could not be decoded",
        )


def test_the_client_id_serves_as_issuer_too(standin: Standin) -> None:
    answer = standin.client(standin.app_jwt(iss=standin.summary["app"]["client_id"])).get("/app")

    assert answer.status_code == 200


def test_a_private_repository_does_not_exist_for_strangers(standin: Standin) -> None:
    """docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api: 404 instead of
    confirming private data.
    """
    for client in (standin.person("stranger"), standin.client(None)):
        assert client.get(REPO).status_code == 404
        assert client.post(f"{REPO}/issues", json={"title": "x"}).status_code == 404


@pytest.mark.parametrize(
    ("login", "permission", "role"),
    [
        ("maintainer", "admin", "admin"),
        ("writer", "write", "write"),
        ("triager", "read", "triage"),
        ("reader", "read", "read"),
        ("stranger", "none", ""),
    ],
)
def test_a_persons_permission_names_the_legacy_level_and_the_role(
    standin: Standin, login: str, permission: str, role: str
) -> None:
    """docs.github.com/rest/collaborators/collaborators#get-repository-permissions-for-a-user:
    triage is mapped to read.
    """
    found = standin.installation().get(f"{REPO}/collaborators/{login}/permission").json()

    assert (found["permission"], found["role_name"]) == (permission, role)
    assert found["user"]["id"] == standin.summary["people"][login]["id"]


def test_the_permission_of_an_unknown_user_is_404(standin: Standin) -> None:
    """docs.github.com/rest/collaborators/collaborators#get-repository-permissions-for-a-user
    (404).
    """
    app = standin.installation()

    assert app.get(f"{REPO}/collaborators/nobody-at-all/permission").status_code == 404
    assert app.get("/users/nobody-at-all").status_code == 404
    assert app.get("/users/phaseline%5Bbot%5D").json()["type"] == "Bot"


def test_collaborators_are_listed_added_and_removed(standin: Standin) -> None:
    maintainer = standin.person("maintainer")

    added = maintainer.put(f"{REPO}/collaborators/stranger", json={"permission": "triage"})
    listed = {
        row["login"]: row["role_name"] for row in maintainer.get(f"{REPO}/collaborators").json()
    }
    removed = maintainer.delete(f"{REPO}/collaborators/stranger")
    refused = standin.person("writer").put(
        f"{REPO}/collaborators/stranger", json={"permission": "admin"}
    )

    assert (added.status_code, removed.status_code, refused.status_code) == (204, 204, 403)
    assert listed["stranger"] == "triage"
    assert standin.person("stranger").get(REPO).status_code == 404


def test_a_person_knows_itself_and_an_installation_has_no_self(standin: Standin) -> None:
    assert standin.person("writer").get("/user").json()["login"] == "writer"
    assert standin.installation().get("/user").status_code == 403
    assert standin.client(None).get("/user").status_code == 401


def test_a_request_without_user_agent_is_forbidden(standin: Standin) -> None:
    """docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api: a user agent is
    required.
    """
    answer = standin.client(None).get("/meta", headers={"User-Agent": ""})

    assert answer.status_code == 403


def test_an_unknown_api_version_is_refused_and_the_known_ones_are_taken(standin: Standin) -> None:
    """docs.github.com/rest/about-the-rest-api/api-versions: an unsupported version is answered
    with 400.
    """
    token = standin.token_of("reader")

    assert standin.client(token, "2022-11-28").get(REPO).status_code == 200
    assert standin.client(token, "2026-03-10").get(REPO).status_code == 200
    assert standin.client(token, "2001-01-01").get(REPO).status_code == 400


def test_every_answer_carries_githubs_headers(standin: Standin) -> None:
    headers = standin.person("reader").get(REPO).headers

    assert headers["x-ratelimit-limit"] == "5000"
    assert headers["x-github-request-id"]
    assert headers["x-github-media-type"] == "github.v3; format=json"


def test_the_log_holds_no_credentials_and_keeps_the_order(standin: Standin) -> None:
    token = standin.mint()
    standin.client(token).get(REPO)

    text = (standin.folder / "requests.jsonl").read_text()
    entries = [json.loads(line) for line in text.splitlines()]

    assert token not in text
    assert standin.token_of("reader") not in text
    assert entries[-2]["response"]["token"] == "***"
    assert entries[-1]["actor"] == {"kind": "installation", "name": "phaseline[bot]"}
    assert (entries[-1]["method"], entries[-1]["path"], entries[-1]["status"]) == (
        "GET",
        f"/api/v3{REPO}",
        200,
    )
    assert [entry["seq"] for entry in entries] == sorted(entry["seq"] for entry in entries)


def test_the_summary_is_private_and_names_people_with_their_roles(standin: Standin) -> None:
    path = standin.folder / "standin.json"

    assert path.stat().st_mode & 0o777 == 0o600
    assert standin.summary["people"]["triager"]["roles"] == {REPOSITORY: "triage"}
    assert standin.summary["people"]["stranger"]["roles"] == {}
    assert standin.summary["app"]["bot"]["login"] == "phaseline[bot]"
