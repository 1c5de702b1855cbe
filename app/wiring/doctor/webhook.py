"""Looks at the webhook's way: its settings on GitHub, and a delivery that is sent once more."""

import httpx

from app.github.checkup import Checkup, DeliverySeen, HookSeen
from app.settings import Settings
from app.web.webhook import PATH
from app.wiring.doctor.examination import Note
from app.wiring.refusals import StartError
from phases.core.ports import Clock

HEALTH_SECONDS = 3.0
# GitHub gives a delivery 10 s; a little more for its queue.
PAUSE_SECONDS = 0.5
MOST_LOOKS = 40
UNSAFE = {"1", "1.0"}
ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 - where a service is that listens everywhere


class WebhookExamination:
    """Finds out whether GitHub's deliveries reach the service, and whether the secrets agree."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._host = ANYWHERE.get(settings.host, settings.host)
        self._here = f"http://{self._host}:{settings.port}"
        self._clock = clock

    async def examine(self, checkup: Checkup, page: str) -> str:
        """Say how a delivery arrived; `page` is the App's settings page.

        Raises:
            StartError: with what to do.
        """
        hook = await checkup.hook()
        _demand_settings(hook, page)
        if not await self._is_up():
            return Note(
                f"{hook.url} is right, and nothing listens at {self._here} yet: start the service, "
                "then ask again, and GitHub sends a delivery once more to see whether it arrives."
            )
        deliveries = await checkup.all_deliveries()
        pings = [delivery for delivery in deliveries if delivery.event == "ping"]
        if not deliveries:
            return Note("GitHub keeps no delivery to send once more: label an issue, ask again.")
        chosen = (pings or deliveries)[0]
        await checkup.send_again(chosen)
        arrived = await self._arrived(checkup, chosen, deliveries[0].id)
        return self._judged(arrived, hook, page)

    async def _is_up(self) -> bool:
        async with httpx.AsyncClient(timeout=HEALTH_SECONDS, trust_env=False) as http:
            try:
                return (await http.get(f"{self._here}/healthz")).is_success
            except httpx.HTTPError:
                return False

    async def _arrived(
        self, checkup: Checkup, sent: DeliverySeen, newest: int
    ) -> DeliverySeen | None:
        for _ in range(MOST_LOOKS):
            for delivery in await checkup.deliveries():
                if delivery.guid == sent.guid and delivery.id > newest:
                    return delivery
            await self._clock.sleep(PAUSE_SECONDS)
        return None

    def _judged(self, arrived: DeliverySeen | None, hook: HookSeen, page: str) -> str:
        if arrived is None:
            seconds = MOST_LOOKS * PAUSE_SECONDS
            return Note(f"GitHub has not sent it within {seconds:.0f} s: see {page}/advanced.")
        if arrived.status_code == httpx.codes.UNAUTHORIZED:
            raise StartError(
                "The service refuses GitHub's signature (401): PHASELINE_GITHUB_WEBHOOK_SECRET is "
                f"not the webhook secret of {page}. Put the same into both."
            )
        # Whoever else answers there may well say 200.
        if arrived.status_code != httpx.codes.ACCEPTED:
            answer = arrived.status_code or arrived.status
            raise StartError(
                f"GitHub got {answer} from {hook.url}: let your proxy or tunnel forward {PATH} to "
                f"{self._here}. Deliveries and answers: {page}/advanced"
            )
        return (
            f"{hook.url}: GitHub's {arrived.event} arrived once more ({arrived.status_code} in "
            f"{arrived.duration:.1f} s), signed with our secret"
        )


def _demand_settings(hook: HookSeen, page: str) -> None:
    if not hook.url.endswith(PATH):
        raise StartError(
            f"The App's webhook goes to {hook.url or 'nowhere'}: set Webhook URL to your public "
            f"address with {PATH} at {page}."
        )
    if not hook.secret:
        raise StartError(f"The webhook has no secret: give it the one of .env at {page}.")
    if hook.content_type != "json":
        raise StartError(
            f"The webhook sends {hook.content_type!r}: choose application/json at {page}."
        )
    if str(hook.insecure_ssl) in UNSAFE:
        raise StartError(f"The webhook verifies no certificates: enable SSL verification at {page}")
