"""A burst of deliveries to the service, and the same burst to Probot with an empty handler.

    python -m benchmarks.webhooks [--json FILE]

2,000 signed deliveries over 50 connections, after 500 to warm up; a tenth are duplicates, and none
come in order. Both receivers run here, one after the other, and share the machine with the sender.
"""

import argparse
import asyncio
import json
import sqlite3
import statistics
import sys
import tempfile
from contextlib import closing
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from app.cli.demo.ports import restartable_ports
from benchmarks import targets
from benchmarks.burst import ACCEPTED, Answered, Signed, deliveries, out_of_order, send
from benchmarks.processes import peak_mb
from benchmarks.receivers import probot, service
from benchmarks.targets import Target

WARM_UP = 500
SENT = 2000
DISTINCT = 1800
CONNECTIONS = 50
LEAST_RATE = 1500
# "Bounded": one burst may not cost more than twice what the service has after its imports.
MOST_MEMORY_MB = 200
APP_ID = 4242
SECRET = "a webhook secret of this benchmark alone"  # noqa: S105 - no secret: it guards nothing
SEED = 20261120


def main() -> int:
    """Measure, print the figures as JSON, and a verdict on each; 0 when every target is reached."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    arguments = parser.parse_args()
    made = deliveries(WARM_UP + DISTINCT, SECRET, APP_ID, SEED)
    warm_up, distinct = made[:WARM_UP], made[WARM_UP:]
    burst = out_of_order(distinct, SENT, SEED)
    with tempfile.TemporaryDirectory() as folder:
        figures = _of_the_service(Path(folder), warm_up, distinct, burst)
    with tempfile.TemporaryDirectory() as folder:
        figures["probot_per_second"] = _of_probot(Path(folder), warm_up, burst)
    text = json.dumps(figures, indent=2)
    print(text)
    if arguments.json:
        arguments.json.write_text(text + "\n")
    wanted = aims(figures)
    print(targets.table(figures, wanted))
    return targets.exit_code(figures, wanted)


def aims(figures: dict[str, float]) -> tuple[Target, ...]:
    """Return what is to be reached: with many cores 1,500 a second, or a quarter of Probot's."""
    rate = min(LEAST_RATE, figures["probot_per_second"] / 4)
    return (
        Target("stored", "deliveries stored", figures["distinct"], at_least=True),
        Target("stored", "the same, none of them twice", figures["distinct"]),
        Target("non_202", "answers other than 202", 0),
        Target("p99_ms", "99 of 100 answered within, ms", 200),
        Target("max_ms", "all answered within, ms", 1000),
        Target("per_second", "deliveries a second", rate, at_least=True),
        Target("rss_mb_peak", "memory at its peak, MB", MOST_MEMORY_MB),
    )


def _of_the_service(
    folder: Path, warm_up: list[Signed], distinct: list[Signed], burst: list[Signed]
) -> dict[str, float]:
    port = restartable_ports(1)[0]
    with service(port, folder, SECRET, APP_ID) as pid:
        answers, seconds = asyncio.run(_measured(warm_up, burst, port))
        peak = peak_mb(pid)
    times = sorted(each.milliseconds for each in answers)
    return {
        "sent": len(answers),
        "distinct": len(distinct),
        "stored": _stored(folder / "phaseline.db", distinct),
        "non_202": sum(each.status != ACCEPTED for each in answers),
        "p50_ms": round(statistics.median(times), 1),
        "p99_ms": round(statistics.quantiles(times, n=100)[98], 1),
        "max_ms": round(times[-1], 1),
        "per_second": round(len(answers) / seconds),
        "rss_mb_peak": round(peak, 1),
    }


def _of_probot(folder: Path, warm_up: list[Signed], burst: list[Signed]) -> float:
    port = restartable_ports(1)[0]
    with probot(port, folder, SECRET, APP_ID, _key()):
        answers, seconds = asyncio.run(_measured(warm_up, burst, port))
    refused = {each.status for each in answers} - {200, ACCEPTED}
    if refused:
        raise RuntimeError(f"Probot answered {sorted(refused)}")
    return round(len(answers) / seconds)


async def _measured(
    warm_up: list[Signed], burst: list[Signed], port: int
) -> tuple[list[Answered], float]:
    await send(warm_up, port, CONNECTIONS)
    return await send(burst, port, CONNECTIONS)


def _stored(database: Path, distinct: list[Signed]) -> int:
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute("select guid from delivery").fetchall()
    wanted = {each.guid for each in distinct}
    return sum(guid in wanted for (guid,) in rows)


def _key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = PrivateFormat.TraditionalOpenSSL
    return key.private_bytes(Encoding.PEM, form, NoEncryption()).decode()


if __name__ == "__main__":
    sys.exit(main())
