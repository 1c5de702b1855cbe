"""The burst is what it says: signed, distinct but for a tenth, in no order."""

import asyncio
import hashlib
import hmac

from app.web.signature import Signatures
from benchmarks.burst import deliveries, out_of_order, send

SECRET = "a webhook secret of this test alone"


def test_every_delivery_is_signed_and_unlike_every_other() -> None:
    made = deliveries(60, SECRET, 1, seed=1)

    heads = [each.request.split(b"\r\n\r\n", 1) for each in made]
    for head, body in heads:
        mac = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        assert head.decode().endswith(f"X-Hub-Signature-256: sha256={mac}")
        assert Signatures(SECRET).holds(f"sha256={mac}", body)
    assert len({body for _, body in heads}) == len({each.guid for each in made}) == 60
    assert made == deliveries(60, SECRET, 1, seed=1)


def test_a_tenth_are_duplicates_and_none_come_in_order() -> None:
    distinct = deliveries(90, SECRET, 1, seed=1)

    burst = out_of_order(distinct, 100, seed=1)

    assert len(burst) == 100
    assert {each.guid for each in burst} == {each.guid for each in distinct}
    assert burst[:90] != distinct


async def test_each_is_sent_once_and_its_answer_is_counted() -> None:
    heard: list[bytes] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n") if not reader.at_eof() else b"":
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            heard.append(await reader.readexactly(length))
            chunked = len(heard) % 2
            body = b"transfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
            writer.write(b"HTTP/1.1 202 Accepted\r\n")
            writer.write(body if chunked else b"Content-Length: 2\r\n\r\nok")
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await answer(reader, writer)
        except asyncio.IncompleteReadError:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        answers, seconds = await send(deliveries(40, SECRET, 1, seed=1), port, 5)

    assert len(set(heard)) == len(answers) == 40
    assert {each.status for each in answers} == {202}
    assert seconds > 0
