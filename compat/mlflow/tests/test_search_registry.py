"""Searches of registered models and of versions."""

import pytest


@pytest.fixture(scope="module")
def models(client):
    from conftest import unique

    prefix = unique("Search")
    for name, tags in (("Alpha", {"team": "risk"}), ("beta", {"team": "Risk", "size": "1"}), ("gamma_x", {})):
        client.create_registered_model(f"{prefix} {name}", tags=tags)

    def search(filter_string="", **more):
        both = f"name LIKE '{prefix}%'" + (f" AND {filter_string}" if filter_string else "")
        return [m.name.removeprefix(f"{prefix} ") for m in client.search_registered_models(both, **more)]

    search.prefix = prefix
    return search


@pytest.mark.parametrize(
    "filter_string, expected",
    [
        ("", ["Alpha", "beta", "gamma_x"]),
        ("name LIKE '%alpha'", []),
        ("name ILIKE '%alpha'", ["Alpha"]),
        ("name LIKE '%b_ta'", ["beta"]),
        ("tags.team = 'risk'", ["Alpha"]),
        ("tag.team != 'risk'", ["beta"]),
        ("tags.`team` LIKE 'R%'", ["beta"]),
        ("tags.team ILIKE 'r%'", ["Alpha", "beta"]),
        ("tags.team ILIKE 'r%' AND tags.size = '1'", ["beta"]),
        ("tags.nothing = 'x'", []),
    ],
)
def test_a_filter_finds_what_it_says(models, filter_string, expected):
    assert models(filter_string) == expected


def test_names_are_equal_or_not(client, models):
    name = f"{models.prefix} beta"
    assert [m.name for m in client.search_registered_models(f"name = '{name}'")] == [name]
    assert models(f"name != '{name}'") == ["Alpha", "gamma_x"]


@pytest.mark.parametrize(
    "order_by, expected",
    [
        (["name DESC"], ["gamma_x", "beta", "Alpha"]),
        (["name"], ["Alpha", "beta", "gamma_x"]),
        (["timestamp DESC"], ["gamma_x", "beta", "Alpha"]),
        (["last_updated_timestamp ASC", "name DESC"], ["Alpha", "beta", "gamma_x"]),
    ],
)
def test_the_order_is_the_one_asked_for(models, order_by, expected):
    assert models(order_by=order_by) == expected


@pytest.mark.parametrize(
    "filter_string",
    ["name > 'x'", "name = x", "nothing = 'x'", "foo.bar = 'x'", "tags.team > 'x'", "name", "metrics.x = 1"],
)
def test_a_filter_that_cannot_be_read_is_refused(client, refused, filter_string):
    with refused("INVALID_PARAMETER_VALUE"):
        client.search_registered_models(filter_string)
    with refused("INVALID_PARAMETER_VALUE"):
        client.search_model_versions(filter_string)


@pytest.mark.parametrize("order_by", [["nothing"], ["name SIDEWAYS"], ["creation_timestamp"], ["name ASC DESC"]])
def test_an_order_that_cannot_be_read_is_refused(client, refused, order_by):
    with refused("INVALID_PARAMETER_VALUE"):
        client.search_registered_models(order_by=order_by)


def test_pages_of_models_hold_at_most_1000(client, refused):
    with refused("INVALID_PARAMETER_VALUE"):
        client.search_registered_models(max_results=1001)


def test_pages_of_versions_hold_at_most_200000(client, refused):
    with refused("INVALID_PARAMETER_VALUE"):
        client.search_model_versions(max_results=200_001)


def test_pages_of_models_follow_one_another(client, models):
    first = client.search_registered_models(f"name LIKE '{models.prefix}%'", max_results=2)
    second = client.search_registered_models(f"name LIKE '{models.prefix}%'", max_results=2, page_token=first.token)
    assert [m.name.split(" ")[1] for m in [*first, *second]] == ["Alpha", "beta", "gamma_x"] and not second.token


@pytest.fixture(scope="module")
def versions(client):
    from conftest import unique

    run = client.create_run(client.create_experiment(unique("versions"))).info.run_id
    name = unique("model")
    client.create_registered_model(name)
    for n in range(1, 5):
        client.create_model_version(name, f"s3://bucket/{n}", run_id=run if n < 3 else None, tags={"n": str(n), **({"even": "yes"} if n % 2 == 0 else {})})

    def search(filter_string="", **more):
        both = f"name = '{name}'" + (f" AND {filter_string}" if filter_string else "")
        return [int(v.version) for v in client.search_model_versions(both, **({"order_by": ["version_number ASC"]} | more))]

    search.run, search.name = run, name
    return search


@pytest.mark.parametrize(
    "filter_string, expected",
    [
        ("", [1, 2, 3, 4]),
        ("version_number = 2", [2]),
        ("version_number != 2", [1, 3, 4]),
        ("version_number > 2", [3, 4]),
        ("version_number >= 2", [2, 3, 4]),
        ("version_number < 2", [1]),
        ("version_number <= 2", [1, 2]),
        ("source_path = 's3://bucket/3'", [3]),
        ("tags.even = 'yes'", [2, 4]),
        ("tags.n != '1' AND tags.even = 'yes'", [2, 4]),
        ("tags.n LIKE '_'", [1, 2, 3, 4]),
        ("run_id = 'none of these'", []),
    ],
)
def test_a_filter_of_versions_finds_what_it_says(versions, filter_string, expected):
    assert versions(filter_string) == expected


def test_versions_of_a_run_are_found(versions, client):
    assert versions(f"run_id = '{versions.run}'") == [1, 2]
    assert versions(f"run_id IN ('{versions.run}', 'other')") == [1, 2]
    assert [int(v.version) for v in client.search_model_versions(f"run_id = '{versions.run}'", order_by=["version_number DESC"])] == [2, 1]


@pytest.mark.parametrize(
    "order_by, expected",
    [
        (["version_number DESC"], [4, 3, 2, 1]),
        (["creation_timestamp ASC", "version_number ASC"], [1, 2, 3, 4]),
        (["name ASC", "version_number DESC"], [4, 3, 2, 1]),
        (["last_updated_timestamp ASC", "version_number ASC"], [1, 2, 3, 4]),
    ],
)
def test_the_order_of_versions_is_the_one_asked_for(versions, order_by, expected):
    assert versions(order_by=order_by) == expected


def test_pages_of_versions_follow_one_another(client, versions):
    first = client.search_model_versions(f"name = '{versions.name}'", max_results=3, order_by=["version_number ASC"])
    second = client.search_model_versions(f"name = '{versions.name}'", max_results=3, order_by=["version_number ASC"], page_token=first.token)
    assert [int(v.version) for v in [*first, *second]] == [1, 2, 3, 4] and not second.token


def test_what_was_updated_last_comes_first(client, versions):
    client.update_model_version(versions.name, "2", description="again")
    assert versions(order_by=[])[0] == 2


def test_searches_are_answered_to_get_with_lists_in_the_query(api, models):
    answer = api.get("registered-models/search", filter=f"name LIKE '{models.prefix}%'", max_results=2, order_by=["name DESC"])
    assert [m["name"].split(" ")[1] for m in answer.json()["registered_models"]] == ["gamma_x", "beta"]
