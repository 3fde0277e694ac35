"""Cases to ask the real MLflow about: written ones, and random ones that are like them or are broken a little."""

import base64
import json
import random
import string

# By subject, the names that are compared; a ␣ is a blank inside of a name.
FILTERS = {
    "filter runs": "metrics.loss metric.acc params.lr param.C parameters.x parameter.y tags.team tag.env attributes.status attribute.run_id "
    "attr.start_time run.end_time run_id run_name status start_time end_time created user_id artifact_uri dataset.name datasets.digest "
    'dataset.context attribute.Created attributes.`Run␣Name` metrics.`a␣b` params."x-y" tags.`mlflow.source.name` tags.mlflow.user '
    "tags.'q' `metrics`.m metrics.train::loss tags._x",
    "filter experiments": 'name attribute.name experiment_id creation_time attribute.last_update_time tags.team tag.`a␣b` tags."x.y" attributes.name',
    "filter registered models": 'name attribute.name tags.team tag.`a␣b` tags."x.y" tags.mlflow.prompt.is_prompt attributes.name',
    "filter model versions": 'name version_number run_id source_path attribute.run_id attribute.version_number tags.team tag.`a␣b` tags."x.y" version',
    "filter logged models": "name attributes.name model_id model_type source_run_id attributes.creation_timestamp creation_time "
    "last_updated_timestamp metrics.loss metrics.`a␣b` metrics.train/loss params.lr params.`x.y` params.a-b tags.team tags.`mlflow.user` status",
    "filter traces": "timestamp timestamp_ms attributes.timestamp trace.status status request_id name trace.name run_id attributes.execution_time_ms "
    "end_time client_request_id tags.team tag.`a␣b` metadata.user request_metadata.`x.y` span.name span.type span.status span.content "
    "span.attributes.model tags.name metadata.run_id feedback.score feedback.`a␣b` expectation.x issue.id trace.text prompt execution_time",
}
NAMES_OF = lambda text: [name.replace("␣", " ") for name in text.split()]
OPERATORS = "= != > >= < <= LIKE ILIKE IN".split() + ["NOT IN", "IS NULL", "IS NOT NULL"]
RARE_OPERATORS = "== <> !== => like ilike in RLIKE IS NOT !".split() + ["not in", "is null", "NOT LIKE", "is not null", "IS  NULL", "NOT  IN"]
VALUES = [
    *"0 1 0.5 -3 5. .25 -.5 1e5 1E-3 1.5e10 -2.5e-3 007 1234567890123 0.0".split(),
    "'x'", "'a b'", "'it''s'", "''", "'%x_'", "'5'", "'1.5'", "'a.b'", "'AND'", "'x OR y'", "'(x)'", '"x"', '"a b"', "\"it's\"", "'say \"hi\"'",
    "'größe'", "'日本'", "'a-b'", "'FINISHED'", "'a/b'", "'`x`'", "'\\d+'", "'a\\nb'", "' x '",
    "('a')", "('a', 'b')", "('a','B')", '("a", "b")', "('a',)", "( 'a' , 'b' )", "('it''s', 'x')", "('1', '2')", "('ABC')", "('a' 'b')",
]
RARE_VALUES = [
    "x", "`x`", "x.y", "NULL", "null", "True", "NaN", "inf", "1_000", "0x1F", "+5", "1e+5", "- 5", "5a", "1.2.3", "$x", "%s", "?", ":x", "@x",
    "'x", "x'", '"x', "'a\\'b'", "'a\\'", "()", "(1)", "(1, 2)", "('a', 1)", "('a'", "(a)", "(('a'))", "(('a', 'b'))", "(,)", "('a',,'b')",
    "('a\\tb')", "('\\x41')", "(r'a\\b')", "(u'a')", "(b'a')", "('a';)", "[1]", "['a']", "1 + 2", "a - b", "'a' 'b'", "5 6", "*", "''''", "'\\\\'",
    "('a\\\\', 'b')", "('\\N{DIGIT ONE}')", "(None)", "('''a''')", "('a')('b')", "date '2020'", "CASE", "my-model", "a/b", "1e400", "9" * 25,
]
RARE_NAMES = [
    "foo.x", "metrics", "metrics.", ".x", "metrics..x", "Metrics.x", "METRICS.x", "`metrics.x`", '"metrics.x"', "metrics.`x", "metrics.x.y.z",
    "metrics . x", "metrics. x", "params.a-b", "params.a/b", "params.a:b", "tags.a$b", "tags.in", "tags.from", "tags.order", "tags.end", "tags.1",
    "metrics.1a", "metrics.5", "tags.日本", "tags.größe", "tags.a[0]", "tags.*", "5", "'x'", "tags.f(x)", "tags.a b", "name name", "key", "user",
    "tags.``", 'tags.""', "tags.` `", "tags.`a``b`", 'tags."a`b"', "tags.`a'b`", "run.", "attributes.`status`", '"status"', "`status`", "tags.a::b",
    "`tags`.x", "tags.a DESC", "metric.metric.x", "attribute.x", "dataset.x", "tags.and", "tags.not", "tags.null", "tags.#x", "tags.@x",
]
JOINS = [" AND ", " and ", "  AND\n", " And ", "\tAND "]
RARE_JOINS = [" OR ", " ", ", ", "; ", " AND AND ", " && ", " NOT ", "AND", " -- x\nAND ", " /* x */ AND ", " # x\nAND ", " XOR ", ")AND(", "\u00a0AND\u00a0"]


def comparison(random, names, wild):
    name = random.choice(RARE_NAMES if random.random() < wild else names)
    operator = random.choice(RARE_OPERATORS if random.random() < wild else OPERATORS)
    value = random.choice(RARE_VALUES if random.random() < wild else VALUES)
    if operator.upper().endswith("NULL"):
        value = ""
    gap = random.choice(["", " ", "  "]) if not operator[0].isalpha() and random.random() < 0.3 else " "
    return f"{name}{gap}{operator}{gap}{value}".rstrip() if value == "" else f"{name}{gap}{operator}{gap}{value}"


def fitting(random, names):
    """A comparison that has a chance to be accepted."""
    name = random.choice(names)
    if name.split(".")[0].strip("`") in ("metric", "metrics") or any(part in name for part in ("time", "number", "created")):
        operator, value = random.choice(OPERATORS[:6]), random.choice(VALUES[:14])
    elif random.random() < 0.25:
        operator = random.choice(OPERATORS[8:])
        value = "" if operator.endswith("NULL") else random.choice([value for value in VALUES if value.startswith("(")])
    else:
        operator, value = random.choice(["=", "!=", "LIKE", "ILIKE"]), random.choice([value for value in VALUES if value[0] in "'\""])
    return f"{name} {operator} {value}".rstrip() if value == "" else f"{name} {operator} {value}"


ALPHABET = "'\"`().,;:=<>!~-+*/%$#@?[]{}\\ \t\n" + "aANDORn05_é日\x1f\u00a0"


def broken(random, text):
    """A text with a few characters put in, taken out or changed."""
    characters = list(text)
    for _ in range(random.randint(1, 3)):
        at = random.randint(0, len(characters))
        match random.randint(0, 3):
            case 0:
                characters[at:at] = random.choice(ALPHABET)
            case 1:
                del characters[at : at + random.randint(1, 3)]
            case 2:
                characters[at : at + 1] = random.choice(ALPHABET)
            case 3 if at < len(characters):
                characters[at:at] = characters[at : at + random.randint(1, 12)]
    return "".join(characters)


def a_filter(random, subject):
    names = NAMES_OF(FILTERS[subject])
    kind = random.random()
    count = random.choice([1, 1, 1, 2, 2, 3, 4])
    if kind < 0.35:
        return random.choice(JOINS).join(fitting(random, names) for _ in range(count))
    wild = 0.08 if kind < 0.6 else 0.3
    parts = [fitting(random, names) if random.random() < 0.4 else comparison(random, names, wild) for _ in range(count)]
    text = parts[0]
    for part in parts[1:]:
        text += random.choice(RARE_JOINS if random.random() < wild else JOINS) + part
    if random.random() < 0.05:
        text = random.choice(["AND ", "(", "NOT ", " ", "WHERE ", "SELECT "]) + text
    if random.random() < 0.05:
        text += random.choice([" AND", ")", ";", " ", " OR", " x", " 'x'", " 5"])
    return broken(random, text) if kind > 0.8 else text


ORDERS = {
    "order runs": FILTERS["filter runs"],
    "order experiments": FILTERS["filter experiments"] + " last_update_time",
    "order registered models": "name timestamp last_updated_timestamp creation_timestamp attribute.name tags.x \"name\" `name`",
    "order model versions": "name version_number creation_timestamp last_updated_timestamp attribute.name tags.x run_id",
    "order traces": FILTERS["filter traces"] + " experiment_id",
}
DIRECTIONS = ["", "", " ASC", " DESC", " asc", " desc", " Desc", "  DESC"]
RARE_DIRECTIONS = [" foo", " ASC DESC", " DESC NULLS LAST", "DESC", ",", ";", " 5", " 'x'", "\nDESC", " -- x", " ascending"]


def an_order(random, subject):
    names = NAMES_OF(ORDERS[subject])
    clauses = []
    for _ in range(random.choice([1, 1, 1, 2, 3])):
        wild = random.random()
        name = random.choice(RARE_NAMES if wild < 0.15 else names)
        clause = name + random.choice(RARE_DIRECTIONS if random.random() < 0.15 else DIRECTIONS)
        clauses.append(broken(random, clause) if random.random() < 0.15 else clause)
    return clauses


def a_model_order(random):
    names = "name model_id creation_time creation_timestamp last_updated_timestamp metrics.loss metrics.a.b params.x foo status model_type metrics".split()
    return [
        {"field_name": random.choice(names), **({} if random.random() < 0.5 else {"ascending": random.random() < 0.5})}
        for _ in range(random.choice([0, 1, 1, 2]))
    ]


PATH_PARTS = [
    *"a model.pkl MLmodel .. . ~ C: c:\\x file: file:///etc http: http://host #x a#b ?x a?b ;x a;b a; a? %2e%2e %2E. %252e%252e %2f %5c %23 %2523 %00 %0a "
    "%20 %25 100% %zz %e4 %c3%a4 ä 日本 a:b model:v1 Model:v1 s3:x ... ..a a.. -x * $HOME {x} [x] | < > \\ \\\\host\\share ..\\x %2e%2e%2fx %252f %3f %3b mailto:x "
    "tel:1;2 ftp:x //x /x x/ x// // a//b ./a a/./b a/../b %u002e %c0%ae".split(),
    "", " ", " a", "a ", "\t", "\n", "a\nb", "a\tb", "\x01", "a\x1fb", "\x7f", "a\u0085b", "\ufeffa", "\u2028", "\x00", "a\x00b",
]


def a_path(random):
    text = "/".join(random.choice(PATH_PARTS) for _ in range(random.choice([1, 1, 2, 2, 3, 4])))
    if random.random() < 0.3:
        text = "".join(random.choice(PATH_PARTS) for _ in range(2))
    return broken(random, text) if random.random() < 0.2 else text


NAME_PARTS = [*"a loss a/b a.b a-b a_b a:b .. . / // ./a ../a a/.. a/ /a a//b a/./b ä 日本 ½ ² ⅷ १ _ - : a\\b a'b a\"b a,b a(b a=b a@b a+b a%b ..a ...".split(), "a b", " ", "", "\n", "a\n", "\t", "\u00a0", "é", "e\u0301", "😀", "\u200d", "ª", "Ⅳ"]
SPECIAL_NAMES = ["latest", "Latest", "LATEST", "v1", "V12", "v", "1v", "v1a", "champion", "v१", "latest ", "0", "123", "m-0123456789abcdef", "a" * 64, "a" * 65]


def a_name(random):
    text = random.choice(NAME_PARTS) if random.random() < 0.3 else "".join(random.choice(NAME_PARTS) for _ in range(random.randint(1, 4)))
    if random.random() < 0.15:
        text = random.choice(SPECIAL_NAMES)
    if random.random() < 0.08:
        text = text + random.choice("aä😀") * random.choice([249, 250, 251, 255, 256, 257, 499, 500, 501])
    return text


NAMES = ["key metric", "key param", "key tag", "experiment name", "model name", "logged model name", "alias", "new alias", "run id", "experiment id"]

FIELD_VALUES = [
    "1", "0", "-1", "1.5", "1.0", "1e3", "1e400", "-0.0", '"1"', '"1.5"', '"abc"', '""', '" 1 "', '"NaN"', '"Infinity"', '"-Infinity"', '"nan"', '"inf"', '"1e3"',
    "NaN", "Infinity", "-Infinity", "true", "false", "null", "[]", '["a"]', "[1]", "[null]", "{}", '{"a": 1}', '"NaN "', "9007199254740993", "9223372036854775808",
    '"+5"', '"1_0"', '"FINISHED"', '"RUNNING"', '"FOO"', "3", '"3"', '"ä"', '"\\ud800"', '"\\u0000"', '"a\\"b NaN"', "1700000000000",
]
REQUESTS = {
    "request log-metric": ("run_id key value timestamp step model_id dataset_name dataset_digest run_uuid runId extra", {"run_id": '"r"', "key": '"k"', "value": "0.5", "timestamp": "1"}),
    "request set-tag": ("run_id run_uuid key value extra", {"run_id": '"r"', "key": '"k"', "value": '"v"'}),
    "request update-run": ("run_id run_uuid status end_time endTime run_name extra", {"run_id": '"r"'}),
}


def write(fields):
    return "{" + ", ".join(f"{json.dumps(name)}: {value}" for name, value in fields.items()) + "}"


def a_request(random, subject):
    names, fields = REQUESTS[subject]
    fields = dict(fields)
    for _ in range(random.choice([0, 1, 1, 1, 2, 2])):
        name = random.choice(names.split())
        if random.random() < 0.2:
            fields.pop(name, None)
        else:
            fields[name] = random.choice(FIELD_VALUES)
    text = write(fields)
    if random.random() < 0.05:
        text = random.choice([json.dumps(text), "", "null", "[]", "5", '"x"', text[:-1], text + "x"])
    return text


def a_batch(random):
    def items(fields):
        result = []
        for _ in range(random.choice([0, 0, 1, 2])):
            item = dict(fields)
            if random.random() < 0.3:
                name = random.choice([*fields, "step", "extra"])
                if random.random() < 0.3:
                    item.pop(name, None)
                else:
                    item[name] = random.choice(FIELD_VALUES)
            result.append(write(item))
        return "[" + ", ".join(result) + "]"

    fields = {
        "run_id": '"r"',
        "metrics": items({"key": '"k"', "value": "0.5", "timestamp": "1"}),
        "params": items({"key": '"k"', "value": '"v"'}),
        "tags": items({"key": '"k"', "value": '"v"'}),
    }
    if random.random() < 0.15:
        fields[random.choice(list(fields))] = random.choice(FIELD_VALUES)
    return write(fields)


def a_query(random):
    fields = {"run_id": "r", "metric_key": "k"}
    for _ in range(random.choice([0, 1, 1, 2])):
        fields[random.choice("run_id run_uuid metric_key max_results max_results page_token extra".split())] = random.choice(
            ["", "x", "5", "0", "-1", "1.5", "abc", "a+b", "a%20b", "%C3%A4", "1e3", "+5", "a%2Fb", "true", "NaN", "5.0", "%20", "9007199254740993"]
        )
    parts = [f"{name}={value}" for name, value in fields.items()]
    if random.random() < 0.1:
        parts.append(random.choice(parts))
    return "&".join(parts)


TOKENS = ['{"offset": 5}', '{"offset":5}', '{"offset": "5"}', '{"offset": 0}', '{"offset": -1}', '{"offset": "x"}', '{"offset": 1.5}', "{}", "[]", "5", "x", "null", '{"offset": null}', '{"offset": true}', '{"offset": 100000}']


def a_token(random):
    text = base64.b64encode(random.choice(TOKENS).encode()).decode()
    return random.choice([text, text, text, text[:-1], text + "=", "!" + text, "", "abc", "ä"])


def random_cases(seed, counts):
    """Cases of every subject, as many as `counts` says for its first word."""
    source = random.Random(seed)
    for subject in FILTERS:
        yield from ((subject, a_filter(source, subject)) for _ in range(counts["filter"]))
    for subject in ORDERS:
        yield from ((subject, an_order(source, subject)) for _ in range(counts["order"]))
    yield from (("order logged models", a_model_order(source)) for _ in range(counts["order"]))
    yield from (("path", a_path(source)) for _ in range(counts["path"]))
    for subject in NAMES:
        yield from ((subject, a_name(source)) for _ in range(counts["name"]))
    for subject in REQUESTS:
        yield from ((subject, a_request(source, subject)) for _ in range(counts["request"]))
    yield from (("request log-batch", a_batch(source)) for _ in range(counts["request"]))
    yield from (("request get-history", a_query(source)) for _ in range(counts["request"]))
    yield from (("page token", a_token(source)) for _ in range(counts["token"]))
