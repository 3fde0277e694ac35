"""`search_experiments`: its filters, its order, its pages."""

import mlflow
import pytest
from mlflow.entities import ViewType


@pytest.fixture(scope="module")
def mine(client):
    """Three experiments whose names begin alike, and how to search among them alone."""
    from conftest import unique

    prefix = unique("Search")
    for name, tags in (("Alpha", {"team": "risk", "size": "1"}), ("beta", {"team": "Risk"}), ("gamma_x", {})):
        client.create_experiment(f"{prefix} {name}", tags=tags)

    def search(filter_string="", **more):
        both = f"name LIKE '{prefix}%'" + (f" AND {filter_string}" if filter_string else "")
        return [e.name.removeprefix(f"{prefix} ") for e in client.search_experiments(filter_string=both, **more)]

    search.prefix = prefix
    return search


@pytest.mark.parametrize(
    "filter_string, expected",
    [
        ("", ["gamma_x", "beta", "Alpha"]),
        ("name LIKE '%alpha'", []),
        ("name ILIKE '%alpha'", ["Alpha"]),
        ("attribute.name LIKE '%Alpha'", ["Alpha"]),
        ("attribute.name LIKE '%b_ta'", ["beta"]),
        ("tags.team = 'risk'", ["Alpha"]),
        ("tag.team != 'risk'", ["beta"]),
        ("tags.`team` LIKE 'R%'", ["beta"]),
        ("tags.team ILIKE 'r%'", ["beta", "Alpha"]),
        ("tags.team ILIKE 'r%' AND tags.size = '1'", ["Alpha"]),
        ("tags.nothing = 'x'", []),
        ("tags.nothing != 'x'", []),
        ("creation_time > 0", ["gamma_x", "beta", "Alpha"]),
        ("creation_time < 1000", []),
        ("last_update_time >= 1000", ["gamma_x", "beta", "Alpha"]),
        ("last_update_time <= 1000", []),
        ("creation_time != 1000", ["gamma_x", "beta", "Alpha"]),
        ("creation_time = 1000", []),
    ],
)
def test_a_filter_finds_what_it_says(mine, filter_string, expected):
    assert mine(filter_string) == expected


@pytest.mark.server("3.17")
@pytest.mark.parametrize(
    "filter_string, expected",
    [("tags.size IS NULL", ["gamma_x", "beta"]), ("tags.size IS NOT NULL", ["Alpha"])],
)
def test_tags_may_be_asked_whether_they_are_there(mine, filter_string, expected):
    assert mine(filter_string) == expected


def test_names_are_equal_or_not(client, mine):
    name = f"{mine.prefix} beta"
    assert [e.name for e in client.search_experiments(filter_string=f"name = '{name}'")] == [name]
    assert mine(f"name != '{name}'") == ["gamma_x", "Alpha"]


@pytest.mark.parametrize(
    "order_by, expected",
    [
        (["name"], ["Alpha", "beta", "gamma_x"]),
        (["name DESC"], ["gamma_x", "beta", "Alpha"]),
        (["experiment_id ASC"], ["Alpha", "beta", "gamma_x"]),
        (["experiment_id desc"], ["gamma_x", "beta", "Alpha"]),
        (["creation_time ASC", "experiment_id ASC"], ["Alpha", "beta", "gamma_x"]),
        (["last_update_time DESC", "name DESC"], ["gamma_x", "beta", "Alpha"]),
    ],
)
def test_the_order_is_the_one_asked_for(mine, order_by, expected):
    assert mine(order_by=order_by) == expected


@pytest.mark.parametrize(
    "filter_string",
    [
        "name = alpha",
        "name > 'alpha'",
        "metrics.x > 1",
        "params.x = '1'",
        "nothing = 'x'",
        "thing.name = 'x'",
        "tags.team > 'x'",
        "creation_time LIKE '1'",
        "creation_time = 'yesterday'",
        "name LIKE",
        "name",
    ],
)
def test_a_filter_that_cannot_be_read_is_refused(client, refused, filter_string):
    with refused("INVALID_PARAMETER_VALUE"):
        client.search_experiments(filter_string=filter_string)


@pytest.mark.parametrize("order_by", [["nothing"], ["name SIDEWAYS"], ["tags.team"], ["name ASC DESC"]])
def test_an_order_that_cannot_be_read_is_refused(client, refused, order_by):
    with refused("INVALID_PARAMETER_VALUE"):
        client.search_experiments(order_by=order_by)


@pytest.mark.parametrize("max_results", [0, -1, 50_001])
def test_pages_hold_1_to_50000(client, refused, max_results):
    with refused("INVALID_PARAMETER_VALUE"):
        client.search_experiments(max_results=max_results)


def test_without_max_results_the_server_refuses(api):
    answer = api.post("experiments/search", {})
    assert answer.status_code == 400 and answer.json()["error_code"] == "INVALID_PARAMETER_VALUE"


def test_search_is_also_answered_to_get(api, mine):
    answer = api.get("experiments/search", max_results=2, filter=f"name LIKE '{mine.prefix}%'", order_by="name ASC")
    assert [e["name"].split(" ")[1] for e in answer.json()["experiments"]] == ["Alpha", "beta"]
    assert answer.json()["next_page_token"]


def test_pages_follow_one_another_until_there_is_no_token(client, unique):
    prefix = unique("Page")
    for number in range(7):
        client.create_experiment(f"{prefix}-{number}")
    names, token, pages = [], None, 0
    while True:
        page = client.search_experiments(
            ViewType.ALL, max_results=3, filter_string=f"name LIKE '{prefix}%'", order_by=["name ASC"], page_token=token
        )
        names, token, pages = names + [e.name for e in page], page.token, pages + 1
        if not token:
            break
    assert names == [f"{prefix}-{number}" for number in range(7)]
    assert pages == 3


def test_a_page_token_that_is_none_is_refused(client, refused):
    with refused("INVALID_PARAMETER_VALUE"):
        client.search_experiments(page_token="this is no token!")


def test_the_fluent_search_collects_all_pages(client, unique):
    prefix = unique("Fluent")
    for number in range(5):
        client.create_experiment(f"{prefix}-{number}")
    assert len(mlflow.search_experiments(filter_string=f"name LIKE '{prefix}%'", max_results=4)) == 4
    assert len(mlflow.search_experiments(filter_string=f"name LIKE '{prefix}%'")) == 5
