"""Sets the stage: repository, three processes, issue and label. Watching is done elsewhere.

Every step looks before it does, so that it can be cut short and done again.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.cli.demo.cast import Cast
from app.cli.demo.folder import Folder, put
from app.cli.demo.keys import ensure_secrets
from app.cli.demo.maintainer import Issue, Maintainer
from app.cli.demo.ports import HOST
from app.cli.demo.processes import Child, demand_free, start, wait_until_healthy
from app.cli.demo.trouble import DemoError

APP_ID = 1001
LABEL = "phaseline"
# Seconds; a killed demo's children are dying while the next one starts.
PORT_PATIENCE = 5.0
KEY_VARIABLE = "ANTHROPIC_API_KEY"
# No account is behind it: the scripted Claude demands a key and does not look at it.
NO_ACCOUNT = "scripted-claude-needs-no-account"
NOTICE = "The model is scripted: every reply is played from a file."
# Prepared dependencies, shared by all demo directories: installed once, then no network is needed.
ENVIRONMENTS = Path(__file__).parents[3] / "var" / "demo-environments"
# Settings of a service that runs elsewhere on this machine must not reach this one.
FOREIGN = ("PHASELINE_", "ANTHROPIC_")
# These describe the machine, so they hold for the demo too.
MACHINE = (
    "PHASELINE_AGENT_UID",
    "PHASELINE_EGRESS_HOSTS",
    "PHASELINE_SANDBOX",
    "PHASELINE_SANDBOX_NONE_I_ACCEPT",
)


@dataclass(frozen=True)
class Stage:
    """What runs: the children in the order of their start."""

    children: tuple[Child, ...]

    def check(self) -> None:
        """Raise DemoError when one of them has ended."""
        for child in self.children:
            child.check()


@contextmanager
def set_up(folder: Folder, cast: Cast, latency: float) -> Iterator[Stage]:
    """Start everything, give it to the caller, and end it in reverse order.

    Raises:
        DemoError: something cannot start; the message names its log.
    """
    folder.prepare()
    ensure_secrets(folder)
    source = _source(folder, cast)
    names = [name for name in cast.ports if name != "claude" or not cast.live]
    for name in names:
        demand_free(name, cast.ports[name], PORT_PATIENCE)
    with ExitStack() as ending:
        children = [_github(folder, cast, source)]
        ending.callback(children[0].end)
        if cast.script is not None:
            children.append(_claude(folder, cast, cast.script, latency))
            ending.callback(children[1].end)
        wait_until_healthy(children[0], f"{cast.url('github')}/api/v3/meta")
        if cast.script is not None:
            wait_until_healthy(children[1], cast.url("claude"))
        service = _service(folder, cast)
        ending.callback(service.end)
        wait_until_healthy(service, f"{cast.url('service')}/healthz")
        yield Stage((*children, service))


def open_issue(maintainer: Maintainer, cast: Cast) -> Issue:
    """Make sure that the issue is there and carries the label."""
    maintainer.ensure_label(LABEL)
    issue = maintainer.ensure_issue(cast.title, cast.body)
    maintainer.set_label(issue, LABEL)
    return issue


def _source(folder: Folder, cast: Cast) -> Path:
    """Return the repository to host; the sample is built once, whole or not at all."""
    from shutil import rmtree

    from app.cli.demo.cast import SAMPLE
    from app.rehearsal.samples import BuildError, build

    if cast.source is not None:
        return cast.source
    if not folder.source.exists():
        partial = folder.source.with_name("source.partial")
        rmtree(partial, ignore_errors=True)
        try:
            build(SAMPLE, partial)
        except BuildError as error:
            raise DemoError(f"The sample repository cannot be built: {error}") from error
        partial.rename(folder.source)
    return folder.source


def _github(folder: Folder, cast: Cast, source: Path) -> Child:
    arguments = ["rehearse", "github", "--port", str(cast.ports["github"])]
    arguments += ["--data", str(folder.github), "--repo", f"{cast.full_name}={source}"]
    arguments += ["--app-id", str(APP_ID), "--private-key", str(folder.private_key)]
    arguments += ["--webhook-secret-file", str(folder.webhook_secret)]
    arguments += ["--webhook-url", f"{cast.url('service')}/webhooks/github"]
    return start("The stand-in GitHub", arguments, _neutral(), folder.log("github"))


def _claude(folder: Folder, cast: Cast, script: Path, latency: float) -> Child:
    arguments = ["rehearse", "claude", "--port", str(cast.ports["claude"])]
    arguments += ["--script", str(script), "--latency", str(latency)]
    arguments += ["--log", str(folder.logs / "claude-requests.jsonl")]
    return start("The scripted Claude", arguments, _neutral(), folder.log("claude"))


def _service(folder: Folder, cast: Cast) -> Child:
    settings = service_settings(folder, cast)
    keep_settings(folder, settings)
    return start("The service", ["serve"], _neutral() | settings, folder.log("service"))


def service_settings(folder: Folder, cast: Cast) -> dict[str, str]:
    """Return the variables of the demo's service.

    Raises:
        DemoError: the real model is asked for, and there is no key.
    """
    machine = {name: os.environ[name] for name in MACHINE if name in os.environ}
    return machine | {
        "PHASELINE_DATABASE_URL": f"sqlite:///{folder.service / 'phaseline.db'}",
        "PHASELINE_DATA_DIR": str(folder.service),
        "PHASELINE_ENVIRONMENTS_DIR": str(ENVIRONMENTS),
        "PHASELINE_GITHUB_URL": cast.url("github"),
        "PHASELINE_GITHUB_API_URL": f"{cast.url('github')}/api/v3",
        "PHASELINE_GITHUB_APP_ID": str(APP_ID),
        "PHASELINE_GITHUB_PRIVATE_KEY": str(folder.private_key),
        "PHASELINE_GITHUB_WEBHOOK_SECRET": folder.webhook_secret.read_text().strip(),
        "PHASELINE_LABEL": LABEL,
        # The stand-in asks nobody for patience.
        "PHASELINE_GITHUB_WRITE_SPACING_SECONDS": "0",
        "PHASELINE_HOST": HOST,
        "PHASELINE_PORT": str(cast.ports["service"]),
        "PHASELINE_BASE_URL": cast.url("service"),
        **_model(cast),
    }


def keep_settings(folder: Folder, settings: dict[str, str]) -> None:
    """Leave the settings in the directory, so that `phaseline runs` and the like work there.

    The key of a real account is not written down: whoever asks has it in the environment.
    """
    kept = {k: v for k, v in settings.items() if k != KEY_VARIABLE or v == NO_ACCOUNT}
    quoted = {name: value.replace("\\", "\\\\").replace("'", "\\'") for name, value in kept.items()}
    put(folder.settings, "".join(f"{name}='{value}'\n" for name, value in quoted.items()).encode())


def _model(cast: Cast) -> dict[str, str]:
    if not cast.live:
        return {
            "ANTHROPIC_BASE_URL": cast.url("claude"),
            KEY_VARIABLE: NO_ACCOUNT,
            "PHASELINE_NOTICE": NOTICE,
        }
    base = os.environ.get("ANTHROPIC_BASE_URL")
    return {KEY_VARIABLE: key_or_stop()} | ({"ANTHROPIC_BASE_URL": base} if base else {})


def key_or_stop() -> str:
    """Return the key for the real model.

    Raises:
        DemoError: the environment has none.
    """
    key = os.environ.get(KEY_VARIABLE, "")
    if not key:
        raise DemoError(
            f"--live asks the real model, which needs {KEY_VARIABLE} in the environment."
        )
    return key


def _neutral() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    # The three talk to each other directly, whatever proxy leads out of this machine.
    direct = ",".join(filter(None, [kept.get("NO_PROXY") or kept.get("no_proxy"), HOST]))
    return kept | {"NO_PROXY": direct, "no_proxy": direct}
