"""What `search_runs` refuses, and with which words: upstream's users match on them."""

import pytest

WRONG_FILTERS = [
    ("foo.x = 1", "Invalid entity type 'foo'"),
    ("nothing = 'x'", ""),
    ("attributes.nothing = 'x'", "Invalid attribute key 'nothing'"),
    ("metrics.acc", ""),
    ("metrics.acc >", ""),
    ("metrics.acc = '0.5'", ""),
    ("metrics.acc = abc", ""),
    ("metrics.acc LIKE '0.5'", ""),
    ("metrics.acc ILIKE '0.5'", ""),
    ("metrics.acc IN (1, 2)", ""),
    ("metrics.acc == 1", ""),
    ("metrics.acc > 1, params.a = 'b'", ""),
    ("params.a = 1", ""),
    ("params.a = b", ""),
    ("params.a > 'b'", ""),
    ("params.a <= 'b'", ""),
    ("params.a IN ('b')", ""),
    ("tags.a = 1", ""),
    ("tags.a >= 'b'", ""),
    ("tags.a NOT IN ('b')", ""),
    ("status > 'RUNNING'", ""),
    ("status = RUNNING", ""),
    ("status = 1", ""),
    ("start_time = 'yesterday'", ""),
    ("start_time LIKE '1'", ""),
    ("start_time IN (1, 2)", ""),
    ("run_name IN ('a', 'b')", ""),
    ("status IN ('RUNNING')", ""),
    ("run_id IN 'a'", ""),
    ("run_id IN ()", ""),
    ("run_id IN (1)", ""),
    ("dataset.nothing = 'x'", ""),
    ("dataset.name > 'x'", ""),
    ("dataset.name = 1", ""),
    ("metrics.a.b.c.`", ""),
    ("params.`unclosed = '1'", ""),
    ("params.a = 'unclosed", ""),
    ("'a' = params.a", ""),
    ("1 = 1", ""),
    ("; DROP TABLE runs", ""),
    ("params.a = 'b'; DROP TABLE runs", ""),
]


@pytest.mark.parametrize("filter_string, message", WRONG_FILTERS, ids=[text for text, _ in WRONG_FILTERS])
def test_a_filter_that_cannot_be_read_is_refused(client, refused, filter_string, message):
    with refused("INVALID_PARAMETER_VALUE", message):
        client.search_runs(["0"], filter_string)


@pytest.mark.parametrize("filter_string", ["params.a.b = 'x'", "params.a = 'it''s'", "params.a = ''", "params.`a b` = 'ü😀'"])
def test_odd_texts_are_no_reason_to_refuse(client, filter_string):
    assert list(client.search_runs(["0"], filter_string)) == []


WRONG_ORDERS = [
    "metrics.acc SIDEWAYS",
    "foo.x",
    "nothing",
    "attributes.nothing ASC",
    "metrics.acc ASC DESC",
    "metrics.acc,",
    "dataset.name",
    "",
]


@pytest.mark.parametrize("clause", WRONG_ORDERS)
def test_an_order_that_cannot_be_read_is_refused(client, refused, clause):
    with refused("INVALID_PARAMETER_VALUE"):
        client.search_runs(["0"], order_by=[clause])


def test_the_same_order_twice_is_refused(api):
    # Asked without the Python client, which tries again for a minute because MLflow's own server answers 500.
    answer = api.post("runs/search", {"experiment_ids": ["0"], "order_by": ["metrics.acc ASC", "metrics.acc DESC"]})
    assert answer.status_code >= 400 and "duplicate" in answer.json()["message"]


@pytest.mark.parametrize("max_results", [0, -1, 50_001])
def test_pages_hold_1_to_50000(client, refused, max_results):
    with refused("INVALID_PARAMETER_VALUE"):
        client.search_runs(["0"], max_results=max_results)


@pytest.mark.parametrize("token", ["no token!", "bm90IGpzb24=", "e30="])
def test_a_page_token_that_is_none_is_refused(api, token):
    answer = api.post("runs/search", {"experiment_ids": ["0"], "page_token": token})
    assert answer.status_code in (400, 500), answer.text
    assert "error_code" in answer.json()


@pytest.mark.beyond
@pytest.mark.parametrize("token", ["no token!", "bm90IGpzb24=", "e30=", "eyJvZmZzZXQiOiAtMX0="])
def test_a_page_token_that_is_none_is_the_clients_mistake(api, token):
    answer = api.post("runs/search", {"experiment_ids": ["0"], "page_token": token})
    assert answer.status_code == 400 and answer.json()["error_code"] == "INVALID_PARAMETER_VALUE"
