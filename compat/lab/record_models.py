"""Records what pydantic reads from many values for fields of many kinds, as FastAPI calls it, into models.json."""

import json
import sys
from typing import Annotated, Any, Literal, Optional

from fastapi.encoders import jsonable_encoder
from pydantic import BaseModel, Field, TypeAdapter, ValidationError, create_model


class Inner(BaseModel):
    a: str
    b: bool = False


class Outer(BaseModel):
    inner: Inner
    more: list[Inner] = []


KINDS: dict[str, Any] = {
    "string": str,
    "string, 1 to 3": Annotated[str, Field(min_length=1, max_length=3)],
    "string, at least 2": Annotated[str, Field(min_length=2)],
    "string, at most 1": Annotated[str, Field(max_length=1)],
    "string, a pattern": Annotated[str, Field(pattern="^[a-z'\"]+$")],
    "boolean": bool,
    "integer": int,
    "integer, bounded": Annotated[int, Field(ge=1, le=10, multiple_of=2)],
    "integer, bounded without the bounds": Annotated[int, Field(gt=0, lt=3)],
    "number": float,
    "number, bounded": Annotated[float, Field(ge=0.5, lt=2)],
    "list of integers": list[int],
    "list, 1 to 2": Annotated[list[bool], Field(min_length=1, max_length=2)],
    "list, at least 2": Annotated[list[int], Field(min_length=2)],
    "list of lists": list[list[str]],
    "one word": Literal["a"],
    "words": Literal["a", "it's", 'q"', "back\\slash"],
    "optional": Optional[int],
    "optional string": Optional[Annotated[str, Field(min_length=2)]],
    "model": Inner,
    "model of models": Outer,
    "anything": Any,
}

VALUES: list[Any] = [
    None, True, False, 0, 1, 2, 3, 4, 10, 11, 12, -1, 0.0, -0.0, 1.0, 0.5, 1.5, 2.0, -1.0, 1e15, 9007199254740991, "", "a", "b", "ab", "abc", "abcd",
    "日本🐟", "🐟", "🐟🐟", "it's", 'q"', "back\\slash", "A", "1", "0", " 1 ", "\n2\t", "+1", "-1", "01", "-0", "--1", "+ 1", "1_000", "1__0", "_1", "1_", "1.0", "1.00", "1.5", "1.", ".5", ".",
    "1_0.5_0", "1e3", "1E-2", "1e1_0", "e3", "0x1", "١", "yes", "OFF", "tRuE", "nul\0", [], {}, [1], [1, 2], [1, 2, 3], ["1", "x", None], [True, "maybe"], ["x", "y", "z"], [[]], [["a"], "b", [1, "c", None]],
    {"a": "x"}, {"a": "x", "b": "y"}, {"b": 2}, {"a": 1, "b": [], "c": 3}, {"inner": {"a": "x"}}, {"inner": {}, "more": [{"a": "x"}, 1, {"b": 1.5}]}, {"inner": None, "more": {}}, {"x": {"a": "x"}},
]  # fmt: skip


def inline(schema: Any, definitions: dict[str, Any]) -> Any:
    """A JSON Schema without references: ours are made without."""
    if isinstance(schema, list):
        return [inline(item, definitions) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return inline(definitions[schema["$ref"].split("/")[-1]], definitions)
    return {key: inline(value, definitions) for key, value in schema.items() if key != "$defs"}


def read(adapter: TypeAdapter, value: Any) -> dict[str, Any]:
    try:
        return {"value": adapter.validate_python(value, from_attributes=True).model_dump(mode="json")}
    except ValidationError as error:
        return {"issues": jsonable_encoder(error.errors(include_url=False))}


def record(name: str, field: Any, default: Any) -> dict[str, Any]:
    model = create_model("Model", before=(bool, True), x=(field, default), after=(int, 7))
    adapter = TypeAdapter(model)
    schema = adapter.json_schema()
    bodies = [{"x": value} for value in VALUES] + [{}, {"after": "y"}, {"before": 2, "after": 1.5}]
    return {
        "kind": name,
        "schema": inline(schema, schema.get("$defs", {})),
        "readings": [{"body": body, **read(adapter, body)} for body in bodies],
    }


records = [record(name, field, ...) for name, field in KINDS.items()]
records.append(record("optional with a default", Optional[int], None))
records.append(record("list with a default", list[int], [1]))
with open(sys.argv[1], "w", encoding="utf-8") as file:
    lines = [json.dumps(item, ensure_ascii=False, allow_nan=False) for item in records]
    file.write("[\n" + ",\n".join(lines) + "\n]\n")
