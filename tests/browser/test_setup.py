"""`phaseline setup` in a browser, with the stand-in GitHub, from nothing to a sound doctor."""

import re
import stat
import subprocess
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from dotenv import dotenv_values
from playwright.async_api import Page

from app.cli.demo.ports import restartable_ports
from app.cli.demo.processes import Child, start
from tests.browser.conftest import PHONE
from tests.docs.test_walk import REPOSITORY, environment, sites

__all__ = ["sites"]

PATIENCE_SECONDS = 30.0
CLAUDE_KEY = "any-text-1"


@pytest.fixture
def folder(sites: tuple[str, str], tmp_path: Path) -> Path:
    """The service's directory, with what a rehearsal writes into `.env` beforehand."""
    github, claude = sites
    home = tmp_path / "home"
    home.mkdir()
    (home / ".env").write_text(
        f"# Where it rehearses.\nPHASELINE_GITHUB_URL={github}\n"
        f"PHASELINE_GITHUB_API_URL={github}/api/v3\nANTHROPIC_BASE_URL={claude}\n"
    )
    return home


@pytest.fixture
def assistant(folder: Path) -> Iterator[Child]:
    port = restartable_ports(1)[0]
    child = start("set-up", ["setup", "--port", str(port)], environment(), folder / "setup.log")
    yield child
    child.end()


def said(child: Child, pattern: str) -> str:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if found := re.search(pattern, child.log.read_text()):
            return found[0]
        child.check()
        time.sleep(0.05)
    raise AssertionError(child.log.read_text())


async def width(page: Page) -> int:
    """Return how wide the page is; wider than the screen, and it would have to be pushed about."""
    return int(await page.evaluate("document.documentElement.scrollWidth"))


def asked_doctor(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sysconfig.get_path("scripts")) / "phaseline", "doctor"],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )


async def test_a_person_registers_installs_and_finds_everything_sound(
    page: Page, assistant: Child, folder: Path
) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    await page.goto(said(assistant, r"http://127\S+"))
    widths = [await width(page)]
    await page.get_by_label("Public address").fill("http://127.0.0.1:8000")
    await page.get_by_label("Name of the App").fill("Phaseline of mine")
    await page.get_by_label("Key of the Claude API").fill(CLAUDE_KEY)
    await page.get_by_role("button", name="Continue").click()
    await page.get_by_role("heading", name="Confirm on GitHub").wait_for()
    widths.append(await width(page))
    await page.get_by_role("button", name="Continue on GitHub").click()
    await page.get_by_role("button", name="Create GitHub App").click()
    await page.get_by_role("heading", name="Phaseline of mine is registered").wait_for()
    widths.append(await width(page))
    complained = list(complaints)
    ended = assistant.process.wait(PATIENCE_SECONDS)
    await page.get_by_role("link", name="Install the App").click()
    await page.get_by_text("Only select repositories").first.click()
    await page.get_by_label(REPOSITORY).check()
    await page.get_by_role("button", name="Install").click()
    await page.get_by_text("installation ID").wait_for()
    doctor = asked_doctor(folder)

    env = (folder / ".env").read_text()
    key = folder / "var" / "app.private-key.pem"
    log = assistant.log.read_text()
    assert ended == 0
    assert complained == []
    assert widths == [PHONE["width"]] * 3
    assert doctor.returncode == 0, doctor.stdout
    assert "# Where it rehearses." in env
    assert f"ANTHROPIC_API_KEY='{CLAUDE_KEY}'" in env
    assert [stat.S_IMODE(file.stat().st_mode) for file in (folder / ".env", key)] == [0o600] * 2
    assert key.read_text().startswith("-----BEGIN RSA PRIVATE KEY-----")
    assert "Phaseline of mine is registered (App ID" in log
    assert CLAUDE_KEY not in log
    assert str(dotenv_values(folder / ".env")["PHASELINE_GITHUB_WEBHOOK_SECRET"]) not in log
