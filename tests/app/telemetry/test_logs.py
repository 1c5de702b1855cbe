import base64
import json
import logging
from collections.abc import Iterator

import pytest
from dbos._logger import init_logger
from hypothesis import given
from hypothesis import strategies as st

from app.telemetry.logs import JsonLines, configure
from app.telemetry.redaction import REDACTED, Redaction

SECRET = "correct-horse-battery-staple"


def line(message: str, *arguments: object, exc_info: object = None) -> str:
    record = logging.LogRecord(
        "room",
        logging.INFO,
        __file__,
        1,
        message,
        arguments,
        exc_info,  # type: ignore[arg-type]
    )
    return JsonLines(Redaction([SECRET])).format(record)


@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        SECRET[::-1],
        SECRET.encode().hex(),
        base64.b64encode(SECRET.encode()).decode(),
        base64.urlsafe_b64encode(SECRET.encode()).decode(),
    ],
)
def test_a_known_secret_is_taken_out_in_every_form(form: str) -> None:
    """Attack 72."""
    out = line("it is %s here", form)

    assert form.rstrip("=") not in out
    assert REDACTED in out


@pytest.mark.parametrize(
    "shape",
    [
        "ghs_1234_" + "eyJhbGciOi.J9" * 30,
        "ghp_" + "a" * 36,
        "github_pat_" + "b" * 30,
        "sk-ant-api03-" + "c" * 20,
        "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----",
        "Authorization: Bearer abc.def.ghi",
        "{'x-api-key': 'abcdefgh'}",
    ],
)
def test_the_shapes_of_secrets_are_taken_out(shape: str) -> None:
    out = Redaction([]).clean(f"before {shape} after")

    assert shape not in out
    assert out.startswith("before ")


@given(st.text())
def test_whatever_is_logged_is_one_line_of_ascii_json(text: str) -> None:
    out = line("%s", text)

    assert "\n" not in out
    assert out.isascii()
    assert out.isprintable()
    assert json.loads(out)["from"] == "room"


def test_what_is_given_beside_the_message_stands_in_the_line_without_secrets() -> None:
    record = logging.makeLogRecord({"msg": "turn", "turn": 3, "fault": f"key {SECRET} was bad"})

    out = json.loads(JsonLines(Redaction([SECRET])).format(record))

    assert (out["said"], out["turn"], out["fault"]) == ("turn", 3, f"key {REDACTED} was bad")


def test_a_record_that_cannot_be_rendered_says_so() -> None:
    assert "unrenderable" in line("%d", "not a number")


def test_a_traceback_is_kept_without_the_secrets_in_it() -> None:
    error = RuntimeError(f"token {SECRET}")

    out = line("failed", exc_info=(RuntimeError, error, None))

    assert "RuntimeError" in json.loads(out)["trace"]
    assert SECRET not in out


@pytest.fixture
def logging_as_before() -> Iterator[None]:
    """What a test configures belongs to the whole process."""
    loggers = [logging.getLogger(name) for name in ("", "dbos")]
    before = [(one, one.handlers[:], one.level, one.propagate) for one in loggers]
    yield
    for one, handlers, level, propagate in before:
        one.handlers[:], one.propagate = handlers, propagate
        one.setLevel(level)


@pytest.mark.usefixtures("logging_as_before")
def test_what_the_durable_library_says_is_a_line_without_secrets_too(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Attack 72: it sets its own log up whenever it is launched."""
    configure("INFO", Redaction([SECRET]))

    init_logger()
    logging.getLogger("dbos").warning("the database is away\nat %s", SECRET)

    (said,) = capsys.readouterr().err.splitlines()
    assert json.loads(said)["said"] == f"the database is away\nat {REDACTED}"
