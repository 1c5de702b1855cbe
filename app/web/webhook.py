"""`POST /webhooks/github`: make sure of the sender, store the delivery, answer 202.

It decides nothing: what a delivery means is found out by a worker, from the stored bytes.
"""

import hashlib
import logging
import re
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.web.body import BodyLimits, read_body, refuse_announced
from app.web.deliveries import Delivery, Receiver, Shapes
from app.web.log_line import log_line
from app.web.refusal import RefusedRequestError
from app.web.signature import Signatures
from app.web.strict_json import parse_object
from phases.core.errors import TransientError
from phases.core.ports import Clock

PATH = "/webhooks/github"
_EVENT = re.compile(r"[a-z][a-z_]{0,63}")
_GUID = re.compile(r"[0-9a-fA-F-]{16,64}")


class Webhook:
    """The one endpoint that GitHub calls."""

    def __init__(
        self,
        *,
        signatures: Signatures,
        app_id: int,
        receiver: Receiver,
        shapes: Shapes,
        clock: Clock,
        limits: BodyLimits,
    ) -> None:
        self._signatures = signatures
        self._app_id = app_id
        self._receiver = receiver
        self._shapes = shapes
        self._clock = clock
        self._limits = limits
        self._log = logging.getLogger("phaseline.webhook")

    def router(self) -> APIRouter:
        """Return the route."""
        router = APIRouter()
        router.add_route(PATH, self.answer, methods=["POST"], include_in_schema=False)
        return router

    async def answer(self, request: Request) -> Response:
        """Answer one POST: 202 stored, duplicate or ignored; else a refusal with its reason."""
        try:
            status, word = await self._take(request)
        except RefusedRequestError as refusal:
            self._log.warning(
                log_line("delivery refused", status=refusal.status, reason=str(refusal))
            )
            return JSONResponse({"error": str(refusal)}, refusal.status)
        return JSONResponse({"status": word}, status)

    async def _take(self, request: Request) -> tuple[int, str]:
        signature = request.headers.get("x-hub-signature-256")
        if signature is None or not self._signatures.is_well_formed(signature):
            raise _forged()
        event, guid = _names(request)
        refuse_announced(request, self._limits)
        body = await read_body(request, self._limits)
        if not self._signatures.holds(signature, body):
            raise _forged()
        payload = parse_object(body)
        if not self._is_for_us(request):
            return 202, "ignored: meant for another app"
        mismatch = self._shapes.mismatch(event, payload)
        if mismatch is not None:
            raise RefusedRequestError(400, f"this is no {event} payload: {mismatch}")
        return await self._store(self._delivery(guid, event, body, payload))

    def _is_for_us(self, request: Request) -> bool:
        kind = request.headers.get("x-github-hook-installation-target-type", "integration")
        target = request.headers.get("x-github-hook-installation-target-id", str(self._app_id))
        return kind != "integration" or target == str(self._app_id)

    def _delivery(self, guid: str, event: str, body: bytes, payload: Mapping[str, Any]) -> Delivery:
        action = payload.get("action")
        return Delivery(
            guid=guid.lower(),
            event=event,
            action=action if isinstance(action, str) else None,
            body_sha256=hashlib.sha256(body).hexdigest(),
            body=body,
            received_at=self._clock.now(),
        )

    async def _store(self, delivery: Delivery) -> tuple[int, str]:
        try:
            new = await self._receiver.receive(delivery)
        except TransientError as error:
            # GitHub keeps the delivery as failed and the sweep asks for it again.
            raise RefusedRequestError(503, "the delivery could not be stored now") from error
        word = "stored" if new else "duplicate"
        self._log.info(
            log_line(
                f"delivery {word}",
                guid=delivery.guid,
                event=delivery.event,
                action=delivery.action,
            )
        )
        return 202, word


def _names(request: Request) -> tuple[str, str]:
    event = request.headers.get("x-github-event", "")
    guid = request.headers.get("x-github-delivery", "")
    if _EVENT.fullmatch(event) is None:
        raise RefusedRequestError(400, "X-GitHub-Event is missing or malformed")
    if _GUID.fullmatch(guid) is None:
        raise RefusedRequestError(400, "X-GitHub-Delivery is missing or malformed")
    return event, guid


def _forged() -> RefusedRequestError:
    return RefusedRequestError(401, "the signature is missing or wrong")
