"""The demo as a person on the real stand-in: one issue, one label, however often it is set up."""

import json
import os
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest
from dotenv import dotenv_values

from app.cli.demo.cast import Cast
from app.cli.demo.folder import Folder
from app.cli.demo.keys import ensure_secrets
from app.cli.demo.maintainer import Maintainer
from app.cli.demo.ports import restartable_ports
from app.cli.demo.processes import start, wait_until_healthy
from app.cli.demo.stage import keep_settings, open_issue, service_settings
from app.cli.demo.trouble import DemoError
from app.rehearsal.samples import build


@pytest.fixture(scope="module")
def hosted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Cast, Path]]:
    root = tmp_path_factory.mktemp("hosted")
    build("pocket", root / "source")
    cast = Cast(
        "demo/shop", None, None, "Add a field", "Please.", {"github": restartable_ports(1)[0]}
    )
    arguments = ["rehearse", "github", "--port", str(cast.ports["github"])]
    arguments += ["--data", str(root / "github"), "--repo", f"demo/shop={root / 'source'}"]
    child = start("The stand-in GitHub", arguments, os.environ, root / "github.log")
    wait_until_healthy(child, f"{cast.url('github')}/api/v3/meta")
    yield cast, root / "github/standin.json"
    child.end()


@pytest.fixture
def maintainer(hosted: tuple[Cast, Path]) -> Iterator[Maintainer]:
    cast, standin = hosted
    with Maintainer(standin, f"{cast.url('github')}/api/v3", cast.full_name) as person:
        yield person


def get(cast: Cast, standin: Path, path: str) -> list[dict[str, object]]:
    token = json.loads(standin.read_bytes())["people"]["reader"]["token"]
    answer = httpx2.get(
        f"{cast.url('github')}/api/v3/repos/demo/shop/{path}",
        headers={"Authorization": f"Bearer {token}"},
    )
    found: list[dict[str, object]] = answer.json()
    return found


def test_setting_the_stage_twice_opens_one_issue_and_labels_it_once(
    hosted: tuple[Cast, Path], maintainer: Maintainer
) -> None:
    cast, standin = hosted

    first = open_issue(maintainer, cast)
    second = open_issue(maintainer, cast)

    assert first.number == second.number
    titles = [issue["title"] for issue in get(cast, standin, "issues?state=all")]
    assert titles.count("Add a field") == 1
    events = get(cast, standin, f"issues/{first.number}/events")
    assert [event["event"] for event in events].count("labeled") == 1


def test_a_label_that_is_there_already_is_left_as_it_is(
    hosted: tuple[Cast, Path], maintainer: Maintainer
) -> None:
    cast, standin = hosted
    maintainer.ensure_label("already")

    maintainer.ensure_label("already")

    labels = [label["name"] for label in get(cast, standin, "labels?per_page=100")]
    assert labels.count("already") == 1


def test_a_label_that_a_person_took_off_is_not_set_again(
    hosted: tuple[Cast, Path], maintainer: Maintainer
) -> None:
    cast, standin = hosted
    once_more = replace(cast, title="Sort the fields")
    issue = open_issue(maintainer, once_more)
    token = json.loads(standin.read_bytes())["people"]["maintainer"]["token"]
    httpx2.delete(
        f"{cast.url('github')}/api/v3/repos/demo/shop/issues/{issue.number}/labels/phaseline",
        headers={"Authorization": f"Bearer {token}"},
    ).raise_for_status()

    open_issue(maintainer, once_more)

    shown = get(cast, standin, "issues?state=all")
    assert [one["labels"] for one in shown if one["number"] == issue.number] == [[]]


def test_an_issue_of_another_title_is_another_issue(
    hosted: tuple[Cast, Path], maintainer: Maintainer
) -> None:
    cast, _ = hosted

    first = open_issue(maintainer, cast)
    other = open_issue(maintainer, replace(cast, title="Remove a field"))

    assert first.number != other.number


def test_what_the_stand_in_refuses_is_told(maintainer: Maintainer) -> None:
    with pytest.raises(DemoError, match=r"refused GET .*/pulls/999: 404"):
        maintainer.pull(999)


def test_keys_are_made_once_and_for_the_owner_alone(tmp_path: Path) -> None:
    folder = Folder(tmp_path)

    ensure_secrets(folder)
    before = (folder.private_key.read_bytes(), folder.webhook_secret.read_bytes())
    ensure_secrets(folder)

    assert (folder.private_key.read_bytes(), folder.webhook_secret.read_bytes()) == before
    assert len(before[1]) >= 32
    for path in (folder.private_key, folder.webhook_secret):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_commands_in_the_directory_of_a_demo_find_the_settings_of_its_service(
    tmp_path: Path,
) -> None:
    folder = Folder(tmp_path / "it's")
    folder.root.mkdir()
    folder.prepare()
    ensure_secrets(folder)
    ports = dict.fromkeys(("github", "claude", "service"), 1)
    settings = service_settings(folder, Cast("demo/shop", None, folder.root, "t", "b", ports))

    keep_settings(folder, settings)

    read = dotenv_values(folder.settings)
    assert read == settings
    assert stat.S_IMODE(folder.settings.stat().st_mode) == 0o600


def test_the_key_of_a_real_account_is_not_written_down(tmp_path: Path) -> None:
    folder = Folder(tmp_path)

    keep_settings(folder, {"ANTHROPIC_API_KEY": "sk-of-somebody", "PHASELINE_LABEL": "it's \\"})

    assert dotenv_values(folder.settings) == {"PHASELINE_LABEL": "it's \\"}
