"""Registering an App with the stand-in GitHub: the manifest, the code, and what goes wrong."""

import re
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from app.cli.demo.loopback import no_certificates
from app.cli.demo.ports import restartable_ports
from app.settings import Places, load_places
from app.web.setup.office import Form, SetupError
from app.web.setup.wish import Wish
from app.wiring.setup import Registering, credentials_of, registering
from tests.app.github.standin import StandIn, stand_in
from tests.forking import ForkServer

REDIRECT = "http://127.0.0.1:9/created"


@pytest.fixture(scope="module")
def github(tmp_path_factory: pytest.TempPathFactory, forks: ForkServer) -> Iterator[StandIn]:
    with stand_in(tmp_path_factory.mktemp("github"), forks) as running:
        yield running


@pytest.fixture
def places(github: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    monkeypatch.chdir(tmp_path)
    return load_places(
        data_dir=Path("var"),
        github_url=github.url,
        github_api_url=github.api,
        label="build",
        _env_file=None,
    )


@pytest.fixture
async def office(places: Places) -> AsyncIterator[Registering]:
    async with opened(places) as made:
        yield made


def opened(places: Places) -> AbstractAsyncContextManager[Registering]:
    moment = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
    credentials = credentials_of(places, moment, replace=False)
    credentials.check()
    return registering(places, credentials)


def wish(**changed: str) -> Wish:
    given = {
        "webhook_url": "https://a.example/webhooks/github",
        "name": f"Phaseline {secrets.token_hex(4)}",
        "organization": "",
        "claude_key": "",
    }
    return Wish(**(given | changed))


def confirm(github: StandIn, form: Form) -> str:
    """Do what a person does on GitHub's page; return the code."""
    state = parse_qs(urlsplit(form.address).query)["state"][0]
    organization = re.search(r"/organizations/([^/]+)/", form.address)
    answer = httpx.post(
        f"{github.url}/settings/apps/manifest",
        data={
            "manifest": form.manifest,
            "state": state,
            "name": "",
            "owner": organization[1] if organization else "",
        },
        headers={"Origin": github.url},
        trust_env=False,
        verify=no_certificates(),
    )
    location = answer.headers["location"]
    query = parse_qs(urlsplit(location).query)
    assert location.startswith(f"{REDIRECT}?")
    assert query["state"] == [state]
    return query["code"][0]


def opens(address: str) -> str:
    """Return the path of the page that an address leads to."""
    answer = httpx.get(address, trust_env=False, verify=no_certificates(), follow_redirects=True)
    assert answer.status_code == 200
    return answer.url.path


async def test_the_app_is_ours_and_its_credentials_are_stored(
    github: StandIn, office: Registering, tmp_path: Path
) -> None:
    wanted = wish(claude_key="sk-ant-1")
    code = confirm(github, office.form(wanted, REDIRECT, "s1"))

    kept = await office.register(code, wanted)

    env = (tmp_path / ".env").read_text()
    assert kept.name == wanted.name
    assert kept.files == (".env", "var/app.private-key.pem")
    assert kept.has_claude_key
    assert kept.label == "build"
    assert opens(kept.install_url).endswith("/installations")
    assert f"PHASELINE_GITHUB_APP_ID={kept.id}\n" in env
    assert f"PHASELINE_GITHUB_API_URL='{github.api}'\n" in env
    assert "ANTHROPIC_API_KEY='sk-ant-1'\n" in env
    assert office.lost == ""


async def test_an_organization_gets_an_app_of_its_own(github: StandIn, office: Registering) -> None:
    wanted = wish(organization="acme")
    form = office.form(wanted, REDIRECT, "s2")

    kept = await office.register(confirm(github, form), wanted)

    assert form.address.startswith(f"{github.url}/organizations/acme/settings/apps/new?state=")
    assert "/organizations/acme/settings/apps/phaseline-" in kept.settings_url
    assert not kept.has_claude_key


async def test_a_code_that_github_does_not_know_says_what_to_delete(
    office: Registering, tmp_path: Path
) -> None:
    with pytest.raises(SetupError, match="did not take the code") as failed:
        await office.register("a1" * 20, wish())

    assert "delete it at" in failed.value.advice
    assert not (tmp_path / ".env").exists()


async def test_a_github_that_does_not_answer_can_be_asked_again(places: Places) -> None:
    nowhere = f"http://127.0.0.1:{restartable_ports(1)[0]}/api/v3"
    moved = places.model_copy(update={"github_api_url": nowhere})

    async with opened(moved) as office:
        with pytest.raises(SetupError, match="could not be reached") as failed:
            await office.register("a1" * 20, wish())

    assert "Reload this page" in failed.value.advice
    assert nowhere in failed.value.advice


async def test_a_key_that_cannot_be_stored_is_kept_until_it_can(
    github: StandIn, office: Registering, tmp_path: Path
) -> None:
    wanted = wish()
    code = confirm(github, office.form(wanted, REDIRECT, "s3"))
    key = tmp_path / "var" / "app.private-key.pem"
    key.write_text("of somebody else")

    with pytest.raises(SetupError, match="Nothing is overwritten") as failed:
        await office.register(code, wanted)
    lost, untouched = office.lost, key.read_text()
    key.unlink()
    kept = await office.register(code, wanted)

    assert "reload this page" in failed.value.advice
    assert "/settings/apps/phaseline-" in lost
    assert untouched == "of somebody else"
    assert str(kept.id) in (tmp_path / ".env").read_text()
    assert office.lost == ""
