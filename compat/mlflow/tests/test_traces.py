"""Traces: written by `@mlflow.trace`, searched, read, tagged, assessed and deleted."""

import time

import mlflow
import pytest
from mlflow.entities import AssessmentSource, SpanType
from mlflow.tracing.client import TracingClient


@mlflow.trace(name="double", span_type=SpanType.TOOL, attributes={"kind": "test"})
def double(value):
    return 2 * value


@mlflow.trace
def chain(value):
    mlflow.update_current_trace(tags={"topic": "numbers"}, metadata={"mlflow.trace.session": "s1"})
    return double(value) + 1


def traced(call=lambda: chain(3)):
    call()
    trace = mlflow.get_last_active_trace_id()
    mlflow.flush_trace_async_logging()
    return trace


def found(experiment, filter_string=None, **more):
    return [trace.info.trace_id for trace in mlflow.search_traces(locations=[experiment], filter_string=filter_string, return_type="list", **more)]


@pytest.fixture(scope="module")
def traces(client):
    """Three traces: a good one, a failed one, and one with a tag of its own."""
    from conftest import unique

    experiment = client.create_experiment(unique("traces"))
    mlflow.set_experiment(experiment_id=experiment)

    @mlflow.trace(name="failing")
    def fail():
        raise ValueError("on purpose")

    def failing():
        with pytest.raises(ValueError):
            fail()

    good, failed, tagged = traced(), traced(failing), traced(lambda: double(1))
    client.set_trace_tag(tagged, "mine", "yes")

    class Traces:
        pass

    Traces.experiment, Traces.good, Traces.failed, Traces.tagged = experiment, good, failed, tagged
    return Traces


def test_a_trace_is_read_with_its_spans(client, experiment):
    trace = client.get_trace(traced())
    assert trace.info.status == "OK" and trace.info.experiment_id == experiment
    assert trace.info.trace_id.startswith("tr-") and trace.info.execution_duration >= 0
    spans = {span.name: span for span in trace.data.spans}
    assert set(spans) == {"chain", "double"}
    assert spans["double"].parent_id == spans["chain"].span_id and spans["double"].span_type == "TOOL"
    assert spans["double"].inputs == {"value": 3} and spans["double"].outputs == 6
    assert spans["double"].attributes["kind"] == "test" and spans["chain"].outputs == 7
    assert trace.info.tags["topic"] == "numbers" and trace.info.trace_metadata["mlflow.trace.session"] == "s1"


def test_a_trace_that_throws_has_failed_and_says_why(traces):
    trace = mlflow.get_trace(traces.failed)
    assert trace.info.state == "ERROR"
    (span,) = trace.data.spans
    assert span.status.status_code == "ERROR" and "on purpose" in span.events[0].attributes["exception.message"]


@pytest.mark.parametrize(
    "filter_string, expected",
    [
        (None, ["tagged", "failed", "good"]),
        ("status = 'ERROR'", ["failed"]),
        ("trace.status = 'OK'", ["tagged", "good"]),
        ("attributes.status != 'ERROR'", ["tagged", "good"]),
        ("tags.mine = 'yes'", ["tagged"]),
        ("tag.topic = 'numbers'", ["good"]),
        ("name = 'chain'", ["good"]),
        ("trace.name = 'failing'", ["failed"]),
        ("timestamp_ms > 0", ["tagged", "failed", "good"]),
        ("timestamp < 1000", []),
        ("execution_time_ms >= 0", ["tagged", "failed", "good"]),
        ("metadata.`mlflow.trace.session` = 's1'", ["good"]),
        ("status = 'OK' AND tags.mine = 'yes'", ["tagged"]),
    ],
)
def test_a_filter_finds_what_it_says(traces, filter_string, expected):
    assert found(traces.experiment, filter_string) == [getattr(traces, name) for name in expected]


def test_the_order_is_the_one_asked_for(traces):
    assert found(traces.experiment, order_by=["timestamp_ms ASC"]) == [traces.good, traces.failed, traces.tagged]


@pytest.mark.parametrize("filter_string", ["nothing = 'x'", "status > 'OK'", "foo.bar = 'x'"])
def test_a_filter_that_cannot_be_read_is_refused(traces, refused, filter_string):
    with refused("INVALID_PARAMETER_VALUE"):
        found(traces.experiment, filter_string)


def test_pages_follow_one_another(client, traces):
    first = client.search_traces(locations=[traces.experiment], max_results=2)
    second = client.search_traces(locations=[traces.experiment], max_results=2, page_token=first.token)
    assert [trace.info.trace_id for trace in [*first, *second]] == [traces.tagged, traces.failed, traces.good] and not second.token


def test_the_search_gives_a_table_too(traces):
    table = mlflow.search_traces(locations=[traces.experiment], filter_string="status = 'OK'")
    assert len(table) == 2 and "trace_id" in table.columns


def test_search_may_leave_the_spans_out(client, traces):
    (trace,) = client.search_traces(locations=[traces.experiment], filter_string="name = 'chain'", include_spans=False)
    assert trace.info.trace_id == traces.good and trace.data.spans == []


def test_tags_are_set_overwritten_and_deleted(client, experiment):
    trace = traced()
    client.set_trace_tag(trace, "a", "1")
    mlflow.set_trace_tag(trace, "a", "2")
    assert client.get_trace(trace).info.tags["a"] == "2"
    client.delete_trace_tag(trace, "a")
    assert "a" not in client.get_trace(trace).info.tags


def test_traces_are_deleted_by_id_by_time_and_by_number(client, experiment):
    ids = [traced() for _ in range(4)]
    assert client.delete_traces(experiment, trace_ids=[ids[3]]) == 1
    assert found(experiment) == [ids[2], ids[1], ids[0]]
    assert client.delete_traces(experiment, max_timestamp_millis=int(time.time() * 1000) + 1000, max_traces=1) == 1
    assert found(experiment) == [ids[2], ids[1]]
    assert client.delete_traces(experiment, max_timestamp_millis=int(time.time() * 1000) + 1000) == 2
    assert found(experiment) == []


def test_a_trace_that_is_not_there_is_none_for_users_and_not_found_for_the_store(refused):
    assert mlflow.get_trace("tr-" + "0" * 32) is None
    with refused("RESOURCE_DOES_NOT_EXIST"):
        TracingClient().get_trace_info("tr-" + "0" * 32)


def test_traces_belong_to_the_run_that_was_active(client, experiment):
    with mlflow.start_run() as run:
        trace = traced()
    assert client.get_trace(trace).info.trace_metadata["mlflow.sourceRun"] == run.info.run_id
    assert found(experiment, run_id=run.info.run_id) == [trace]
    assert found(experiment, f"run_id = '{run.info.run_id}'") == [trace]


def test_traces_are_linked_to_another_run_afterwards(client, experiment, run):
    trace = traced()
    client.link_traces_to_run([trace], run)
    assert found(experiment, f"run_id = '{run}'") == [trace]


def test_spans_are_written_without_a_function(client, experiment):
    with mlflow.start_span("outer") as outer:
        outer.set_inputs({"q": "?"})
        with mlflow.start_span("inner") as inner:
            inner.set_attribute("n", 1)
        outer.set_outputs("!")
    mlflow.flush_trace_async_logging()
    trace = client.get_trace(outer.trace_id)
    assert [span.name for span in trace.data.spans] == ["outer", "inner"]
    assert trace.info.request_preview and trace.info.response_preview


def test_the_client_starts_and_ends_traces_by_hand(client, experiment):
    root = client.start_trace("by hand", inputs={"a": 1}, tags={"t": "1"}, experiment_id=experiment)
    child = client.start_span("child", trace_id=root.trace_id, parent_id=root.span_id)
    client.end_span(root.trace_id, child.span_id, outputs={"b": 2})
    client.end_trace(root.trace_id, outputs={"c": 3})
    mlflow.flush_trace_async_logging()
    trace = client.get_trace(root.trace_id)
    assert len(trace.data.spans) == 2 and trace.info.tags["t"] == "1"


def test_feedback_and_expectations_are_logged_changed_and_deleted(client, experiment, refused):
    trace = traced()
    human = AssessmentSource("HUMAN", "ann")
    good = mlflow.log_feedback(trace_id=trace, name="good", value=True, rationale="because", source=human)
    answer = mlflow.log_expectation(trace_id=trace, name="answer", value={"n": 7}, source=human)
    assert {a.name: a.value for a in client.get_trace(trace).info.assessments} == {"good": True, "answer": {"n": 7}}
    again = mlflow.get_assessment(trace, good.assessment_id)
    assert again.value is True and again.rationale == "because" and again.source.source_id == "ann"
    mlflow.update_assessment(trace, answer.assessment_id, mlflow.entities.Expectation("answer", 8))
    assert mlflow.get_assessment(trace, answer.assessment_id).value == 8
    other = mlflow.override_feedback(trace_id=trace, assessment_id=good.assessment_id, value=False, source=human)
    assert mlflow.get_assessment(trace, good.assessment_id).valid is False and other.overrides == good.assessment_id
    mlflow.delete_assessment(trace, other.assessment_id)
    with refused("RESOURCE_DOES_NOT_EXIST"):
        mlflow.get_assessment(trace, other.assessment_id)
