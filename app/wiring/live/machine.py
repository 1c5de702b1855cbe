"""Live checks that need nothing but this machine and the model's list."""

import platform
import tempfile
from pathlib import Path

from app.claude.models import listed
from app.settings import Settings
from app.wiring.live.tick import DiffersError, LiveCheck, UntriedError
from app.wiring.model import client_of
from app.wiring.sandbox import sandbox_of
from app.workspace.sandbox.selftest import self_test

ARM = "aarch64"


def machine_checks(settings: Settings) -> tuple[LiveCheck, ...]:
    """Return them."""
    return (
        LiveCheck("models", lambda: _models(settings)),
        LiveCheck("cgroups", lambda: _cgroups(settings)),
        LiveCheck("arm", lambda: _arm(settings)),
    )


async def _models(settings: Settings) -> str:
    if settings.model_provider != "anthropic":
        raise UntriedError(f"{settings.model_provider} lists no models.")
    names = ("model_opus", "model_sonnet", "model_haiku")
    defaults = [str(Settings.model_fields[name].default) for name in names]
    async with client_of(settings) as client:
        found = await listed(client)
    if missing := [model for model in defaults if model not in found]:
        raise DiffersError(f"not listed: {', '.join(missing)}")
    if silent := [model for model in defaults if found[model] is None]:
        raise DiffersError(f"listed without a life cycle: {', '.join(silent)}")
    return ", ".join(f"{model} is {found[model]}" for model in defaults)


async def _cgroups(settings: Settings) -> str:
    if sandbox_of(settings.agent_uid).settings.cgroups is None:
        raise UntriedError("this host delegates no control group with memory and pids to us")
    return await _holds(settings)


async def _arm(settings: Settings) -> str:
    if platform.machine() != ARM:
        raise UntriedError(f"this machine is {platform.machine()}")
    return await _holds(settings)


async def _holds(settings: Settings) -> str:
    with tempfile.TemporaryDirectory() as place:
        await self_test(sandbox_of(settings.agent_uid), Path(place), [])
    return f"the cage held against every probe on {platform.platform()}"
