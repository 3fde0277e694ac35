"""What the real MLflow makes of filters, orders, paths, names and requests, in a form that can be held against ours.

An answer is {"ok": value}, {"error": message, "code": error_code}, or {"broken": what}: an error that is not meant for the client, which is a
500 on the wire, or SQL that no database takes.
"""

import json
import math
import sys
import warnings
from unittest import mock

warnings.filterwarnings("ignore")

import flask
import mlflow
import sqlalchemy.orm
from google.protobuf.json_format import ParseError
from mlflow.exceptions import MlflowException
from mlflow.server import handlers
from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore as RegistryStore
from mlflow.store.tracking import sqlalchemy_store as tracking
from mlflow.store.tracking.dbmodels.models import SqlLoggedModel, SqlTraceInfo
from mlflow.utils import search_utils as s
from mlflow.utils import validation as v
from mlflow.utils.proto_json_utils import parse_dict
from mlflow.utils.search_logged_model_utils import EntityType, parse_filter_string
from mlflow.utils.uri import validate_path_is_safe

VERSION = mlflow.__version__
SESSION = sqlalchemy.orm.Session()


class Broken(Exception):
    """MLflow accepts it, and it cannot work."""


def answer(function, value):
    try:
        return {"ok": plain(function(value))}
    except (MlflowException, Refused) as error:
        if error.error_code == "INTERNAL_ERROR" and "duplicate fields" not in error.message:
            return {"broken": "INTERNAL_ERROR"}
        return {"error": error.message, "code": error.error_code}
    except Exception as error:
        return {"broken": type(error).__name__}


def plain(value):
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        return {"number": str(value)}
    return value


def fake(store_class, **attributes):
    """A store without a database, for what it does before it needs one."""
    store = object.__new__(store_class)
    for name, attribute in attributes.items():
        setattr(store, name, attribute)
    return store


REGISTRY = fake(RegistryStore, _get_workspace_clauses=lambda _: [])
TRACKING = fake(tracking.SqlAlchemyStore, _get_dialect=lambda: "sqlite")
ENTITIES = {"parameter": "param", "request_metadata": "metadata"}


def clause(kind, key, operator, value):
    operator = operator.upper()
    is_list = isinstance(value, (list, tuple))
    if is_list != (operator in ("IN", "NOT IN")):
        raise Broken("a list without IN, or IN without a list")
    if is_list and not all(isinstance(item, str) for item in value):
        raise Broken("a list of other things than texts")
    if not isinstance(value, (str, int, float, list, tuple, type(None))):
        raise Broken("neither a text nor a number")
    return [ENTITIES.get(kind, kind), key, operator, list(value) if is_list else value]


def filter_runs(text):
    parsed = s.SearchUtils.parse_search_filter(text)
    result = []
    for part in parsed:
        kind, key, operator, value = part["type"], part["key"], part["comparator"], part["value"]
        if kind == "metric" and operator.upper() in s.SearchUtils.VALID_METRIC_COMPARATORS:
            value = float(value)
        # MLflow also renames metrics, parameters and tags that are called `created`, by mistake.
        result.append(clause(kind, s.SearchUtils.translate_key_alias(key) if kind == "attribute" else key, operator, value))
    tracking._get_sqlalchemy_filter_clauses(parsed, SESSION, "sqlite")
    return result


def filter_experiments(text):
    parsed = s.SearchExperimentsUtils.parse_search_filter(text)
    result = []
    for part in parsed:
        value = part["value"]
        if part["key"] == "experiment_id" and part["type"] == "attribute" and value is not None:
            many = isinstance(value, tuple)
            ids = [str(v._parse_experiment_id(item)) for item in (value if many else [value])]
            value = ids if many else ids[0]
        result.append(clause(part["type"], part["key"], part["comparator"], value))
    tracking._get_search_experiments_filter_clauses(parsed, "sqlite")
    return result


def filter_registered_models(text):
    parsed = s.SearchModelUtils.parse_search_filter(text)
    REGISTRY._get_search_registered_model_filter_query(SESSION, parsed, "sqlite")
    return [clause(part["type"], part["key"], part["comparator"], part["value"]) for part in parsed]


def filter_model_versions(text):
    parsed = s.SearchModelVersionUtils.parse_search_filter(text)
    REGISTRY._get_search_model_versions_filter_clauses(parsed, "sqlite")
    number = lambda part: int(part["value"]) if part["type"] == "attribute" and part["key"] == "version_number" else part["value"]
    return [clause(part["type"], part["key"], part["comparator"], number(part)) for part in parsed]


MODEL_KEYS = {"creation_timestamp_ms": "creation_timestamp", "last_updated_timestamp_ms": "last_updated_timestamp", "creation_time": "creation_timestamp"}
MODEL_ENTITIES = {EntityType.ATTRIBUTE: "attribute", EntityType.METRIC: "metric", EntityType.PARAM: "param", EntityType.TAG: "tag"}


def filter_logged_models(text):
    result = []
    for part in parse_filter_string(text):
        kind = MODEL_ENTITIES[part.entity.type]
        if kind == "attribute":
            getattr(SqlLoggedModel, part.entity.key)
        key = MODEL_KEYS.get(part.entity.key, part.entity.key) if kind == "attribute" else part.entity.key
        if not part.entity.is_numeric() and not isinstance(part.value, (str, list, tuple)):
            raise Broken("a number in parentheses where a text belongs")
        result.append(clause(kind, key, part.op, part.value))
    TRACKING._apply_filter_string_datasets_search_logged_models(SESSION.query(SqlLoggedModel), SESSION, ["1"], text, None)
    return result


def filter_traces(text):
    result = []
    for part in s.SearchTraceUtils.parse_search_filter_for_search_traces(text):
        key = part["key"]
        if part["type"] == "span" and key.startswith("attributes."):
            key = "attributes." + s.SearchTraceUtils._trim_backticks(key[len("attributes.") :])
        result.append(clause(part["type"], key, part["comparator"], part["value"]))
    tracking._get_filter_clauses_for_search_traces(text, SESSION, "sqlite", SESSION.query(SqlTraceInfo))
    return result


def order(parse, build):
    def read(clauses):
        result = [list(parse(item)) for item in clauses]
        build(clauses)
        return [[ENTITIES.get(kind, kind), key, ascending] for kind, key, ascending in result]

    return read


def run_order(text):
    kind, key, ascending = s.SearchUtils.parse_order_by_for_search_runs(text)
    return kind, s.SearchUtils.translate_key_alias(key) if kind == "attribute" else key, ascending


def registered_model_order(text):
    key, ascending = s.SearchUtils.parse_order_by_for_search_registered_models(text)
    return "attribute", "last_updated_timestamp" if key == "timestamp" else key, ascending


def logged_model_order(fields):
    TRACKING._apply_order_by_search_logged_models(SESSION.query(SqlLoggedModel), SESSION, fields)
    return [[field["field_name"], field.get("ascending", True)] for field in fields]


def check(function):
    def run(value):
        function(value)
        return True

    return run


APP = flask.Flask("oracle")
ASKED = ("log_metric", "log_batch", "update_run_info", "set_tag", "get_metric_history")


class Asked(BaseException):
    """Stops a handler where it has read its request."""


class Refused(Exception):
    def __init__(self, message, error_code):
        self.message, self.error_code = message, error_code


def parse(failed):
    def run(body, message):
        try:
            parse_dict(body, message)
        except ParseError:
            failed.append(True)
            raise

    return run


def request(handler, method):
    """What a handler gives to the store."""

    def take(*arguments, **named):
        raise Asked(told([*arguments, *(named[name] for name in sorted(named))]))

    store = mock.Mock(**{name: take for name in ASKED})

    def run(value):
        options = {"query_string": value} if method == "GET" else {"data": value.encode("utf-8", "surrogatepass")}
        context = APP.test_request_context("/", method=method, content_type="application/json", **options)
        failed = []
        with context, mock.patch.object(handlers, "_get_tracking_store", return_value=store), mock.patch.object(handlers, "parse_dict", parse(failed)):
            try:
                response = handler()
            except Asked as asked:
                if failed:
                    raise Broken("what could not be read, and all behind it, was left out without a word") from asked
                return asked.args[0]
        error = json.loads(response.get_data())
        raise Refused(error["message"], error["error_code"])

    return run


def told(value):
    if isinstance(value, (str, int, float, bool, type(None))):
        return value
    if isinstance(value, (list, tuple)) or type(value).__name__.startswith("Repeated"):
        return [told(item) for item in value]
    # A metric repeats the run it is of.
    return {name.strip("_"): told(item) for name, item in vars(value).items() if name != "_run_id"}


TABLE = {
    "filter runs": filter_runs,
    "filter experiments": filter_experiments,
    "filter registered models": filter_registered_models,
    "filter model versions": filter_model_versions,
    "filter logged models": filter_logged_models,
    "filter traces": filter_traces,
    "order runs": order(run_order, lambda clauses: tracking._get_orderby_clauses(clauses, SESSION)),
    "order experiments": order(
        s.SearchExperimentsUtils.parse_order_by_for_search_experiments, tracking._get_search_experiments_order_by_clauses
    ),
    "order registered models": order(registered_model_order, RegistryStore._parse_search_registered_models_order_by),
    "order model versions": order(
        s.SearchModelVersionUtils.parse_order_by_for_search_model_versions, RegistryStore._parse_search_model_versions_order_by
    ),
    "order logged models": logged_model_order,
    "order traces": order(
        s.SearchTraceUtils.parse_order_by_for_search_traces,
        lambda clauses: tracking._get_orderby_clauses_for_search_traces(clauses, SESSION),
    ),
    "path": lambda path: "/".join(part for part in validate_path_is_safe(path).split("/") if part not in ("", ".")),
    "page token": s.SearchUtils.parse_start_offset_from_page_token,
    "key metric": check(lambda key: v._validate_metric(key, 1.0, 1, 0)),
    "key param": check(lambda key: v._validate_param(key, "x")),
    "key tag": check(lambda key: v._validate_tag(key, "x")),
    "experiment name": check(v._validate_experiment_name),
    "model name": check(v._validate_model_name),
    "logged model name": check(v._validate_logged_model_name),
    "alias": check(v._validate_model_alias_name),
    "new alias": check(lambda name: (v._validate_model_alias_name(name), v._validate_model_alias_name_reserved(name))),
    "run id": check(v._validate_run_id),
    "experiment id": check(v._validate_experiment_id),
    "param value": lambda value: len(v._validate_param("k", value[0] * value[1]).value),
    "tag value": lambda value: len(v._validate_tag("k", value[0] * value[1]).value),
    "request log-metric": request(handlers._log_metric, "POST"),
    "request log-batch": request(handlers._log_batch, "POST"),
    "request update-run": request(handlers._update_run, "POST"),
    "request set-tag": request(handlers._set_tag, "POST"),
    "request get-history": request(handlers._get_metric_history, "GET"),
}


def ask(subject, value):
    return answer(TABLE[subject], value)


if __name__ == "__main__":
    # Answers lines of JSON, each a subject and a value.
    import logging

    logging.disable(logging.CRITICAL)
    for line in sys.stdin:
        subject, value = json.loads(line)
        print(json.dumps(ask(subject, value)))
