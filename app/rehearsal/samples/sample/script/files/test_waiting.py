from typing import Any

from tests.conftest import Api


def lent(api: Api, name: str = "Drill", borrower: str = "number 12") -> int:
    tool_id = api.put_on_shelf(name)
    api("POST", f"/api/tools/{tool_id}/loan", {"borrower": borrower})
    return tool_id


def line_of(tool: dict[str, Any]) -> list[str]:
    return [place["name"] for place in tool["waiting"]]


def test_a_line_is_served_in_the_order_of_joining(api: Api) -> None:
    drill = lent(api)

    api("POST", f"/api/tools/{drill}/waiting", {"name": "number 7"})
    answer = api("POST", f"/api/tools/{drill}/waiting", {"name": "number 3"})

    assert answer.status_code == 200
    assert answer.json()["waiting"] == [
        {"name": "number 7", "since": "2026-04-11"},
        {"name": "number 3", "since": "2026-04-11"},
    ]


def test_there_is_no_line_for_a_tool_that_is_in(api: Api) -> None:
    drill = api.put_on_shelf("Drill")

    answer = api("POST", f"/api/tools/{drill}/waiting", {"name": "number 7"})

    assert answer.status_code == 409
    assert answer.json() == {"error": "Drill is in: it can be borrowed at once"}


def test_a_name_stands_in_a_line_once_however_it_is_spelled(api: Api) -> None:
    drill = lent(api)
    api("POST", f"/api/tools/{drill}/waiting", {"name": "Straße 7"})

    answer = api("POST", f"/api/tools/{drill}/waiting", {"name": "STRASSE  7"})

    assert answer.status_code == 409
    assert answer.json() == {"error": "Straße 7 is already waiting for Drill"}


def test_whoever_has_the_tool_does_not_wait_for_it(api: Api) -> None:
    drill = lent(api, borrower="number 12")

    answer = api("POST", f"/api/tools/{drill}/waiting", {"name": "Number 12"})

    assert answer.status_code == 409


def test_somebody_can_leave_the_line(api: Api) -> None:
    drill = lent(api)
    for name in ("number 7", "flat 3/4", "number 3"):
        api("POST", f"/api/tools/{drill}/waiting", {"name": name})

    answer = api("DELETE", f"/api/tools/{drill}/waiting/FLAT%203%2F4")

    assert answer.status_code == 200
    assert line_of(answer.json()) == ["number 7", "number 3"]


def test_who_does_not_stand_in_the_line_cannot_leave_it(api: Api) -> None:
    drill = lent(api)

    answer = api("DELETE", f"/api/tools/{drill}/waiting/nobody")

    assert answer.status_code == 404
    assert answer.json() == {"error": "nobody is not waiting for Drill"}


def test_a_tool_that_comes_back_is_held_for_the_first_in_line(api: Api) -> None:
    drill = lent(api)
    api("POST", f"/api/tools/{drill}/waiting", {"name": "number 7"})

    back = api("DELETE", f"/api/tools/{drill}/loan").json()
    refused = api("POST", f"/api/tools/{drill}/loan", {"borrower": "number 3"})

    assert (back["state"], back["held_for"]) == ("held", "number 7")
    assert refused.status_code == 409
    assert refused.json() == {"error": "Drill is held for number 7"}


def test_borrowing_a_held_tool_takes_the_first_off_the_list(api: Api) -> None:
    drill = lent(api)
    for name in ("number 7", "number 3"):
        api("POST", f"/api/tools/{drill}/waiting", {"name": name})
    api("DELETE", f"/api/tools/{drill}/loan")

    answer = api("POST", f"/api/tools/{drill}/loan", {"borrower": "Number 7"})

    assert (answer.json()["state"], line_of(answer.json())) == ("out", ["number 3"])


def test_when_the_first_leaves_the_tool_is_held_for_the_next_then_free(api: Api) -> None:
    drill = lent(api)
    for name in ("number 7", "number 3"):
        api("POST", f"/api/tools/{drill}/waiting", {"name": name})
    api("DELETE", f"/api/tools/{drill}/loan")

    next_up = api("DELETE", f"/api/tools/{drill}/waiting/number%207").json()
    free = api("DELETE", f"/api/tools/{drill}/waiting/number%203").json()

    assert next_up["held_for"] == "number 3"
    assert (free["state"], free["held_for"]) == ("in", None)


def test_a_retired_tool_takes_its_line_with_it(api: Api) -> None:
    drill = lent(api)
    api("POST", f"/api/tools/{drill}/waiting", {"name": "number 7"})
    api("DELETE", f"/api/tools/{drill}/loan")

    retired = api("DELETE", f"/api/tools/{drill}")
    again = lent(api, name="Drill")
    listed = api("GET", "/api/tools").json()

    assert retired.status_code == 204
    assert [(tool["id"], line_of(tool)) for tool in listed] == [(again, [])]


def test_every_tool_is_listed_once_with_its_own_line(api: Api) -> None:
    for name in ("Drill", "Ladder"):
        tool_id = lent(api, name)
        for neighbour in ("number 7", "number 3"):
            api("POST", f"/api/tools/{tool_id}/waiting", {"name": f"{neighbour} for {name}"})

    listed = api("GET", "/api/tools").json()

    assert [(tool["name"], line_of(tool)) for tool in listed] == [
        ("Drill", ["number 7 for Drill", "number 3 for Drill"]),
        ("Ladder", ["number 7 for Ladder", "number 3 for Ladder"]),
    ]
