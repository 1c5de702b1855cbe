"""The README's ten minutes, taken on the stand-in by the words that the README uses."""

import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from app.cli.demo.ports import restartable_ports
from app.cli.demo.processes import Child, start, wait_until_healthy
from app.cli.demo.stage import ENVIRONMENTS
from app.rehearsal.samples import SAMPLES, build
from tests.docs.pages import Browser, Page
from tests.docs.reading import text_of

README = text_of("README.md").partition("## Ten minutes")[2].partition("### The same steps")[0]
REPOSITORY = "acme/thimble"
SECRET = "5" * 64
PATIENCE_SECONDS = 60.0


def table_after(words: str) -> dict[str, str]:
    rows = README.partition(words)[2].partition("|---|---|\n")[2].partition("\n\n")[0]
    return dict(re.findall(r"^\| (.+?) \| (.+?) \|$", rows, re.MULTILINE))


def events() -> list[str]:
    listed = re.search(r"\*\*Subscribe to events\*\* tick: ([^.]+)\.", README)
    assert listed
    return [" ".join(event.split()) for event in listed[1].split(",")]


def named(words: str) -> str:
    """Return a name only if the README has it in bold."""
    assert f"**{words}**" in " ".join(README.split()), words
    return words


def environment() -> dict[str, str]:
    """Return this process's own, without settings: those come from `.env` alone."""
    mine = ("PHASELINE_", "ANTHROPIC_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(mine)}
    return kept | {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}


@contextmanager
def running(name: str, arguments: list[str], health: str, folder: Path) -> Iterator[Child]:
    child = start(name, arguments, environment(), folder / f"{name}.log")
    try:
        wait_until_healthy(child, health)
        yield child
    finally:
        child.end()


@pytest.fixture
def sites(tmp_path: Path) -> Iterator[tuple[str, str]]:
    build("pocket", tmp_path / "source")
    github, claude = restartable_ports(1)[0], restartable_ports(1)[0]
    addresses = f"http://127.0.0.1:{github}", f"http://127.0.0.1:{claude}"
    hosting = ["rehearse", "github", "--port", str(github), "--data", str(tmp_path / "github")]
    hosting += ["--repo", f"{REPOSITORY}={tmp_path / 'source'}"]
    playing = ["rehearse", "claude", "--port", str(claude), "--script"]
    playing += [str(SAMPLES["pocket"].script)]
    with (
        running("github", hosting, addresses[0], tmp_path),
        running("claude", playing, addresses[1], tmp_path),
    ):
        yield addresses


def register(browser: Browser, webhook: str) -> Page:
    """Step 3."""
    listing = browser.open("/settings/apps")
    form = browser.open(listing.links[named("New GitHub App")]).form(named("Create GitHub App"))
    values = {
        "GitHub App name": "Phaseline of mine",
        "Homepage URL": "https://example.com",
        "Webhook URL": webhook,
        "Webhook secret": SECRET,
    }
    fields = table_after("Fill in:")
    assert set(fields) == {"Webhook: Active", *values}
    for label, value in values.items():
        form.write(label, value)
    form.tick("Active")
    for permission, access in table_after("Repository permissions").items():
        if permission != "Metadata":
            form.choose(permission, f"Access: {access}")
    for event in events():
        form.tick(event)
    form.tick(named("Only on this account"))
    browser.press(form, "Create GitHub App")
    return browser.open(browser.open("/settings/apps").links["Phaseline of mine"])


def make_ready(browser: Browser, folder: Path, page: Page) -> str:
    """Steps 4 and 5; returns the App ID."""
    key = browser.press(page.form(named("Generate a private key")), "Generate a private key")
    assert key.headers["content-disposition"].endswith('.private-key.pem"')
    (folder / "var").mkdir()
    (folder / "var" / "app.private-key.pem").write_bytes(key.content)
    installing = browser.open(page.links[named("Install App")]).form(named("Install"))
    installing.tick(named("Only select repositories"))
    installing.tick(REPOSITORY)
    browser.press(installing, "Install")
    found = re.search(rf"{named('App ID')}\s*(\d+)", page.text)
    assert found
    return found[1]


def fill_in(folder: Path, app: str, github: str, claude: str, port: int) -> None:
    """Step 6, with what the rehearsal adds; ports and the cache of dependencies are the test's."""
    text = text_of(".env.example")
    for name, value in (
        ("PHASELINE_GITHUB_APP_ID", app),
        ("PHASELINE_GITHUB_WEBHOOK_SECRET", SECRET),
        ("ANTHROPIC_API_KEY", "any text"),
    ):
        assert f"\n{name}=\n" in text
        text = text.replace(f"\n{name}=\n", f"\n{name}={value}\n")
    text += f"PHASELINE_GITHUB_URL={github}\nPHASELINE_GITHUB_API_URL={github}/api/v3\n"
    text += f"ANTHROPIC_BASE_URL={claude}\nPHASELINE_PORT={port}\n"
    text += f"PHASELINE_ENVIRONMENTS_DIR={ENVIRONMENTS}\n"
    (folder / ".env").write_text(text)


def label_an_issue(browser: Browser) -> str:
    """Step 8; returns the address of the issue."""
    asking = browser.open(f"/{REPOSITORY}/issues/new").form("Create")
    title, _, body = SAMPLES["pocket"].issue.read_text().partition("\n")
    asking.write("Add a title", title.strip("# "))
    asking.write("Add a description", body)
    issue = str(browser.press(asking, "Create").url)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (page := browser.open(issue)).has("phaseline"):
        assert time.monotonic() < deadline, "the service makes no label"
        time.sleep(0.1)
    browser.press(page.form("phaseline"), "phaseline")
    return issue


def wait_for_tracker(browser: Browser, issue: str, service: Child) -> str:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        service.check()
        text = browser.open(issue).text
        if "Phaseline · 🔵 running" in text:
            return text
        time.sleep(0.1)
    raise AssertionError(f"no tracker stands on {issue}")


def test_a_stranger_with_the_readme_gets_from_a_new_app_to_a_tracker(
    sites: tuple[str, str], tmp_path: Path
) -> None:
    github, claude = sites
    port = restartable_ports(1)[0]
    service_url = f"http://127.0.0.1:{port}"

    with Browser(github) as browser:
        page = register(browser, f"{service_url}/webhooks/github")
        fill_in(tmp_path, make_ready(browser, tmp_path, page), github, claude, port)
        with running("service", ["serve"], f"{service_url}/healthz", tmp_path) as service:
            ready = httpx2.get(f"{service_url}/readyz", trust_env=False)
            tracker = wait_for_tracker(browser, label_an_issue(browser), service)

    assert ready.text.replace(" ", "") in README.replace(" ", "")
    assert "/phaseline cancel" in tracker
