from tests.conftest import Api


def test_the_shelf_is_listed_by_name_whatever_the_case(api: Api) -> None:
    for name in ("Wheelbarrow", "drill", "Ladder"):
        api.put_on_shelf(name)

    listed = api("GET", "/api/tools").json()

    assert [tool["name"] for tool in listed] == ["drill", "Ladder", "Wheelbarrow"]


def test_a_name_is_given_once(api: Api) -> None:
    api.put_on_shelf("Ladder")

    answer = api("POST", "/api/tools", {"name": "ladder", "notes": ""})

    assert answer.status_code == 409


def test_a_tool_needs_a_name(api: Api) -> None:
    answer = api("POST", "/api/tools", {"notes": "sharp"})

    assert answer.status_code == 422
    assert answer.json() == {"error": "name is missing or not text"}


def test_a_retired_tool_is_gone(api: Api) -> None:
    ladder = api.put_on_shelf("Ladder")

    assert api("DELETE", f"/api/tools/{ladder}").status_code == 204
    assert api("GET", "/api/tools").json() == []


def test_a_tool_that_is_out_is_not_retired(api: Api) -> None:
    ladder = api.put_on_shelf("Ladder")
    api("POST", f"/api/tools/{ladder}/loan", {"borrower": "number 12"})

    assert api("DELETE", f"/api/tools/{ladder}").status_code == 409


def test_a_tool_that_does_not_exist_is_not_found(api: Api) -> None:
    assert api("DELETE", "/api/tools/99").status_code == 404
