"""What a person fills in is checked field by field, and each refusal says what to change."""

import pytest

from app.web.setup.wish import Wish, WishError, read_wish

GOOD = {"address": "https://phaseline.example.com", "name": "Phaseline"}


def refused(*, github_is_local: bool = False, **changed: str) -> dict[str, str]:
    with pytest.raises(WishError) as error:
        read_wish({**GOOD, **changed}, github_is_local=github_is_local)
    return error.value.faults


@pytest.mark.parametrize(
    ("address", "webhook"),
    [
        ("https://phaseline.example.com", "https://phaseline.example.com/webhooks/github"),
        (
            "https://Phaseline.Example.com:8443/",
            "https://phaseline.example.com:8443/webhooks/github",
        ),
        (" https://a.example/webhooks/github ", "https://a.example/webhooks/github"),
        ("https://10.0.0.7", "https://10.0.0.7/webhooks/github"),
    ],
)
def test_the_webhook_lies_below_the_public_address(address: str, webhook: str) -> None:
    wish = read_wish({**GOOD, "address": address}, github_is_local=False)

    assert wish == Wish(webhook, "Phaseline", "", "")


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("", "An address such as"),
        ("phaseline.example.com", "An address such as"),
        ("https://", "An address such as"),
        ("https://a b.example", "An address such as"),
        ("https://[::1", "Invalid IPv6"),
        ("https://a.example:99999", "ort"),
        ("ftp://a.example", "An address such as"),
        ("http://a.example", "https://"),
        ("https://user:word@a.example", "Leave out"),
        ("https://a.example?x=1", "Leave out"),
        ("https://a.example/other", "Leave the path out"),
        ("https://localhost", "cannot reach this machine"),
        ("https://127.0.0.1", "cannot reach this machine"),
        ("https://" + "a" * 600, "Longer"),
    ],
)
def test_an_address_that_github_could_not_use_is_refused(address: str, words: str) -> None:
    assert words in refused(address=address)["address"]


def test_a_github_on_this_machine_reaches_this_machine_without_encryption() -> None:
    wish = read_wish({**GOOD, "address": "http://127.0.0.1:8000"}, github_is_local=True)

    assert wish.webhook_url == "http://127.0.0.1:8000/webhooks/github"
    assert "https://" in refused(github_is_local=True, address="http://a.example")["address"]


@pytest.mark.parametrize("name", ["", "<script>", "a" * 35, 'say "hi"'])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    assert list(refused(name=name)) == ["name"]


@pytest.mark.parametrize("organization", ["acme/../evil", "-acme", "acme-", "a" * 40, "a b"])
def test_an_organization_cannot_lead_the_browser_elsewhere(organization: str) -> None:
    assert list(refused(organization=organization)) == ["organization"]


@pytest.mark.parametrize("key", ["sk ant", "sk\nPHASELINE_SANDBOX=none", "${HOME}", "'", "#"])
def test_a_key_cannot_write_other_lines_into_the_file(key: str) -> None:
    assert list(refused(claude_key=key)) == ["claude_key"]


def test_every_fault_is_told_at_once_and_no_key_is_repeated() -> None:
    faults = refused(address="x", name="", organization="?", claude_key="a secret")

    assert sorted(faults) == ["address", "claude_key", "name", "organization"]
    assert "a secret" not in str(faults)
