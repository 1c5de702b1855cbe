"""Signs the hidden block of a tracker, so that a recovery can tell ours from a forgery.

The block is never read while the database exists.
"""

import base64
import hashlib
import hmac
import json

from app.github.key import AppKey
from phases.core.record import Record

VERSION = 1


class TrackerSeal:
    """Signs with a key derived from the App's private key."""

    def __init__(self, key: AppKey) -> None:
        self._key = key.derive(b"phaseline tracker seal 1")

    def block(self, record: Record) -> str:
        """Return the signed block as an HTML comment."""
        payload = _payload(record)
        text = base64.urlsafe_b64encode(payload).decode()
        return f"<!-- phaseline:state v{VERSION} {text} {self.signature(record, payload)} -->"

    def signature(self, record: Record, payload: bytes) -> str:
        """Return the HMAC-SHA256 in hex over repository, issue, comment, run, version, payload."""
        run = record.run
        bound = [run.repository.id, run.issue, record.tracker_url or "", run.id, VERSION]
        message = json.dumps(bound, separators=(",", ":")).encode() + b"\n" + payload
        return hmac.new(self._key, message, hashlib.sha256).hexdigest()


def _payload(record: Record) -> bytes:
    run = record.run
    data = {
        "run": run.id,
        "number": run.number,
        "segment": run.segment,
        "state": run.state,
        "base": run.base.sha if run.base else None,
        "branch": run.branch,
        "head": run.head,
        "passed": [p.phase for p in record.passages if p.passed_at],
        "artifacts": {
            str(work.name): work.artifact.sha256
            for work in record.works
            if work.accepted and work.artifact
        },
    }
    return json.dumps(data, separators=(",", ":"), sort_keys=True).encode()
