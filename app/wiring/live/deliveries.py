"""Live checks on what GitHub tells of its deliveries to the running service."""

from collections.abc import Sequence

from app.github.checkup import Checkup, DeliverySeen
from app.wiring.live.tick import DiffersError, LiveCheck, UntriedError
from phases.core.ports import Clock

ACCEPTED = 202
PAUSE_SECONDS = 0.5
MOST_LOOKS = 60
GREETINGS = (("ping", None), ("installation", "created"))
# What a visit to the test repository brings about.
VISITED = (
    ("issues", "labeled"),
    ("issues", "closed"),
    ("issue_comment", "created"),
    ("pull_request", "closed"),
)


class Deliveries:
    """What GitHub has sent, and sends once more when asked."""

    def __init__(self, checkup: Checkup, clock: Clock) -> None:
        self._checkup = checkup
        self._clock = clock

    def checks(self) -> tuple[LiveCheck, ...]:
        """Return the checks that need no visit."""
        return (
            LiveCheck("signature", self._signature),
            LiveCheck("redelivery", self._redelivery),
        )

    async def newest(self) -> int:
        """Return the number of the newest delivery; later ones have higher ones."""
        return max((delivery.id for delivery in await self._checkup.deliveries()), default=0)

    async def of_visit(self, repository: int, after: int) -> str:
        """Wait until what a visit brought about has arrived at the service.

        Raises:
            DiffersError: something did not arrive, or was not accepted.
        """
        wanted = set(VISITED)
        for _ in range(MOST_LOOKS):
            new = [
                delivery
                for delivery in await self._checkup.deliveries()
                if delivery.id > after and delivery.repository_id == repository
            ]
            refused = [d for d in new if d.status_code != ACCEPTED and _kind(d) in wanted]
            if refused:
                _demand_accepted(refused[0])
            missing = wanted - {_kind(delivery) for delivery in new}
            if not missing:
                return f"{', '.join(map(_named, VISITED))}: each answered {ACCEPTED}"
            await self._clock.sleep(PAUSE_SECONDS)
        raise DiffersError(f"GitHub has not sent {', '.join(sorted(map(_named, missing)))}")

    async def _signature(self) -> str:
        known = await self._checkup.all_deliveries()
        for greeting in GREETINGS:
            tries = [delivery for delivery in known if _kind(delivery) == greeting]
            if not tries:
                raise UntriedError(f"GitHub keeps no {_named(greeting)} delivery any more")
            if all(delivery.status_code != ACCEPTED for delivery in tries):
                await self._again(tries[0], known)
        return f"ping and installation answered {ACCEPTED} by the service"

    async def _redelivery(self) -> str:
        known = await self._checkup.all_deliveries()
        failed = [delivery for delivery in known if delivery.status_code != ACCEPTED]
        if not failed:
            raise UntriedError("every delivery that GitHub keeps was accepted")
        await self._again(failed[0], known)
        answer = _answer(failed[0])
        return f"a delivery that failed ({answer}) was listed, and came again under its GUID"

    async def _again(self, delivery: DeliverySeen, known: Sequence[DeliverySeen]) -> None:
        newest = max(one.id for one in known)
        await self._checkup.send_again(delivery)
        for _ in range(MOST_LOOKS):
            for one in await self._checkup.deliveries():
                if one.id > newest and one.guid == delivery.guid:
                    _demand_accepted(one)
                    return
            await self._clock.sleep(PAUSE_SECONDS)
        raise DiffersError(f"no {_named(_kind(delivery))} came again under its GUID")


def _demand_accepted(delivery: DeliverySeen) -> None:
    if delivery.status_code != ACCEPTED:
        raise DiffersError(f"{_named(_kind(delivery))} was answered {_answer(delivery)}")


def _kind(delivery: DeliverySeen) -> tuple[str, str | None]:
    return delivery.event, delivery.action


def _named(kind: tuple[str, str | None]) -> str:
    return ".".join(part for part in kind if part)


def _answer(delivery: DeliverySeen) -> str:
    return str(delivery.status_code or delivery.status)
