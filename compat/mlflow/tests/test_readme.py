"""The examples that the pages show are run as they stand there."""

import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]
PAGES = [page for page in ("README.md", "docs/mlflow.md") if (ROOT / page).exists()]
EXAMPLES = [
    pytest.param(text, id=f"{page}-{number}")
    for page in PAGES
    for number, text in enumerate(re.findall(r"^```python\n(.*?)^```", (ROOT / page).read_text(), re.M | re.S), start=1)
]


@pytest.mark.beyond
@pytest.mark.parametrize("text", EXAMPLES)
def test_an_example_runs(text):
    exec(compile(text, "example", "exec"), {})  # noqa: S102 - it is the page's own


def test_the_pages_have_examples():
    assert EXAMPLES
