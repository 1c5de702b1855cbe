"""`POST /webhooks/github`: make sure of the sender, store the delivery, answer 202.

It decides nothing: what a delivery means is found out by a worker, from the stored bytes.
"""

import hashlib
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.web.body import TOO_LARGE, BodyLimits, discard_body, read_body, refuse_announced
from app.web.deliveries import Delivery, Receiver, Shapes
from app.web.refusal import RefusedRequestError
from app.web.signature import Signatures
from app.web.strict_json import parse_object
from phases.core.errors import TransientError
from phases.core.ports import Clock

PATH = "/webhooks/github"
_EVENT = re.compile(r"[a-z][a-z0-9_]{0,63}")
_GUID = re.compile(r"[0-9a-fA-F-]{16,64}")


@dataclass(frozen=True)
class _Head:
    """What the headers of a delivery say, before a byte of its body was read."""

    signature: str
    event: str
    guid: str
    is_for_us: bool


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
            head = self._head(request)
        except RefusedRequestError as refusal:
            whole = refusal.status != TOO_LARGE and await discard_body(request, self._limits)
            return self._refuse(refusal, close=not whole)
        try:
            body = await read_body(request, self._limits)
        except RefusedRequestError as refusal:
            return self._refuse(refusal, close=True)
        try:
            word = await self._take(head, body)
        except RefusedRequestError as refusal:
            return self._refuse(refusal, close=False)
        return JSONResponse({"status": word}, 202)

    def _head(self, request: Request) -> _Head:
        signature = request.headers.get("x-hub-signature-256")
        if signature is None or not self._signatures.is_well_formed(signature):
            raise _forged()
        event = request.headers.get("x-github-event", "")
        guid = request.headers.get("x-github-delivery", "")
        if _EVENT.fullmatch(event) is None:
            raise RefusedRequestError(400, "X-GitHub-Event is missing or malformed")
        if _GUID.fullmatch(guid) is None:
            raise RefusedRequestError(400, "X-GitHub-Delivery is missing or malformed")
        refuse_announced(request, self._limits)
        return _Head(signature, event, guid.lower(), is_for_us=self._is_for_us(request))

    async def _take(self, head: _Head, body: bytes) -> str:
        if not self._signatures.holds(head.signature, body):
            raise _forged()
        payload = parse_object(body)
        if not head.is_for_us:
            return "ignored: meant for another app"
        mismatch = self._shapes.mismatch(head.event, payload)
        if mismatch is not None:
            raise RefusedRequestError(400, f"this is no {head.event} payload: {mismatch}")
        return await self._store(self._delivery(head, body, payload))

    def _refuse(self, refusal: RefusedRequestError, *, close: bool) -> Response:
        told = {"status": refusal.status, "reason": str(refusal)}
        self._log.warning("delivery refused", extra=told)
        headers = {"connection": "close"} if close else None
        return JSONResponse({"error": str(refusal)}, refusal.status, headers)

    def _is_for_us(self, request: Request) -> bool:
        kind = request.headers.get("x-github-hook-installation-target-type", "integration")
        target = request.headers.get("x-github-hook-installation-target-id", str(self._app_id))
        return kind != "integration" or target == str(self._app_id)

    def _delivery(self, head: _Head, body: bytes, payload: Mapping[str, Any]) -> Delivery:
        action = payload.get("action")
        return Delivery(
            guid=head.guid,
            event=head.event,
            action=action if isinstance(action, str) else None,
            body_sha256=hashlib.sha256(body).hexdigest(),
            body=body,
            received_at=self._clock.now(),
        )

    async def _store(self, delivery: Delivery) -> str:
        try:
            new = await self._receiver.receive(delivery)
        except TransientError as error:
            # GitHub keeps the delivery as failed and the sweep asks for it again.
            raise RefusedRequestError(503, "the delivery could not be stored now") from error
        word = "stored" if new else "duplicate"
        told = {"guid": delivery.guid, "event": delivery.event, "action": delivery.action}
        self._log.info("delivery %s", word, extra=told)
        return word


def _forged() -> RefusedRequestError:
    return RefusedRequestError(401, "the signature is missing or wrong")
