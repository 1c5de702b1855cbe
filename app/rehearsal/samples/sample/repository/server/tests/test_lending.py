from tests.conftest import Api


def test_a_tool_that_is_in_can_be_borrowed(api: Api) -> None:
    drill = api.put_on_shelf("Drill")

    answer = api("POST", f"/api/tools/{drill}/loan", {"borrower": "number 12"})

    assert answer.status_code == 200
    assert answer.json()["state"] == "out"
    assert answer.json()["borrower"] == "number 12"
    assert answer.json()["since"] == "2026-04-11"


def test_a_tool_that_is_out_is_lent_to_nobody_else(api: Api) -> None:
    drill = api.put_on_shelf("Drill")
    api("POST", f"/api/tools/{drill}/loan", {"borrower": "number 12"})

    answer = api("POST", f"/api/tools/{drill}/loan", {"borrower": "number 7"})

    assert answer.status_code == 409
    assert answer.json() == {"error": "Drill is out"}


def test_a_tool_that_was_brought_back_can_be_borrowed_again(api: Api) -> None:
    drill = api.put_on_shelf("Drill")
    api("POST", f"/api/tools/{drill}/loan", {"borrower": "number 12"})

    back = api("DELETE", f"/api/tools/{drill}/loan")
    again = api("POST", f"/api/tools/{drill}/loan", {"borrower": "number 7"})

    assert (back.json()["state"], back.json()["borrower"]) == ("in", None)
    assert again.json()["borrower"] == "number 7"


def test_a_tool_that_is_in_cannot_be_brought_back(api: Api) -> None:
    drill = api.put_on_shelf("Drill")

    assert api("DELETE", f"/api/tools/{drill}/loan").status_code == 409


def test_a_loan_needs_a_borrower(api: Api) -> None:
    drill = api.put_on_shelf("Drill")

    answer = api("POST", f"/api/tools/{drill}/loan", {"borrower": "  "})

    assert answer.status_code == 422
    assert answer.json() == {"error": "borrower is empty"}
