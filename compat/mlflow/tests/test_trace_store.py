"""What only the store of the client calls: batches of traces, their figures, spans on their own, and the calls of older clients."""

import asyncio
import time

import mlflow
import pytest
from mlflow.entities import Feedback
from test_traces import chain, double, found, traced


@pytest.fixture
def store(client):
    return client._tracking_client.store


def test_several_traces_are_read_at_once(store, experiment):
    ids = [traced(), traced(lambda: double(2))]
    assert {trace.info.trace_id: len(trace.data.spans) for trace in store.batch_get_traces(ids)} == {ids[0]: 2, ids[1]: 1}


@pytest.mark.client("3.17")
def test_several_traces_are_read_without_their_spans(store, experiment):
    ids = [traced(), traced()]
    assert {info.trace_id for info in store.batch_get_trace_infos(ids)} == set(ids)


@pytest.mark.client("3.17")
@pytest.mark.server("3.17")
def test_one_trace_is_read_from_the_store(store, experiment):
    trace = traced()
    assert len(store.get_trace(trace).data.spans) == 2
    assert store.get_trace_info(trace).trace_id == trace


def test_spans_are_logged_on_their_own(store, experiment):
    with mlflow.start_span("outer") as span:
        pass
    mlflow.flush_trace_async_logging()
    spans = mlflow.get_trace(span.trace_id).data.spans
    assert [logged.name for logged in store.log_spans(experiment, spans)] == ["outer"]
    assert len(mlflow.get_trace(span.trace_id).data.spans) == 1


def test_spans_are_logged_in_the_background_by_older_clients(store, experiment):
    if not hasattr(store, "log_spans_async"):
        pytest.skip("newer clients have it no more")
    with mlflow.start_span("outer") as span:
        pass
    mlflow.flush_trace_async_logging()
    spans = mlflow.get_trace(span.trace_id).data.spans
    assert [logged.name for logged in asyncio.run(store.log_spans_async(experiment, spans))] == ["outer"]


def test_assessments_are_made_by_the_store(store, experiment):
    trace = traced()
    made = store.create_assessment(Feedback(name="score", value=0.5, trace_id=trace))
    assert store.update_assessment(trace, made.assessment_id, feedback=mlflow.entities.Feedback(value=0.75).feedback).value == 0.75
    store.delete_assessment(trace, made.assessment_id)
    assert mlflow.get_trace(trace).info.assessments == []


def test_how_two_filters_go_together_is_counted(store, experiment):
    traced(), traced(), traced(lambda: double(1))
    answer = store.calculate_trace_filter_correlation([experiment], "name = 'chain'", "tags.topic = 'numbers'")
    assert answer.npmi == pytest.approx(1.0) and answer.total_count == 3
    assert (answer.filter1_count, answer.filter2_count, answer.joint_count) == (2, 2, 2)


@pytest.mark.client("3.17")
@pytest.mark.server("3.17")
def test_figures_of_traces_are_added_up(store, experiment):
    from mlflow.entities.trace_metrics import AggregationType, MetricAggregation, MetricViewType

    traced(), traced(lambda: double(1))
    points = store.query_trace_metrics([experiment], MetricViewType.TRACES, "trace_count", [MetricAggregation(AggregationType.COUNT)])
    assert [point.values["COUNT"] for point in points] == [2]
    by_name = store.query_trace_metrics(
        [experiment], MetricViewType.TRACES, "latency", [MetricAggregation(AggregationType.AVG)], dimensions=["trace_name"]
    )
    assert len(by_name) == 2


def test_traces_of_the_first_protocol_are_still_taken(store, experiment):
    now = int(time.time() * 1000)
    begun = store.deprecated_start_trace_v2(experiment, now, {"a": "1"}, {"t": "1"})
    ended = store.deprecated_end_trace_v2(begun.request_id, now + 5, mlflow.entities.trace_status.TraceStatus.OK, {"b": "2"}, {"u": "2"})
    assert ended.execution_time_ms == 5 and ended.status == "OK"
    info = store.get_trace_info(begun.request_id)
    assert info.trace_metadata["a"] == "1" and info.trace_metadata["b"] == "2" and info.tags["u"] == "2"


def test_prompts_are_linked_to_a_trace(client, store, experiment, unique):
    name = unique("prompt")
    prompt = mlflow.genai.register_prompt(name, "Hello {{name}}")
    trace = traced()
    client.link_prompt_versions_to_trace([prompt], trace)
    assert name in str(mlflow.get_trace(trace).info.tags.get("mlflow.linkedPrompts"))


def test_opentelemetry_sends_protobuf_to_v1_traces(api, experiment):
    from google.protobuf.json_format import ParseDict
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    now = time.time_ns()
    span = {"traceId": "Wo7/ftB9TqSPCFAKb7Yy2g==", "spanId": "7uQ/VGmBOXE=", "name": "from elsewhere", "kind": 1, "startTimeUnixNano": now, "endTimeUnixNano": now + 5_000_000}
    request = ParseDict({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}, ExportTraceServiceRequest())
    request.resource_spans[0].scope_spans[0].spans[0].trace_id = now.to_bytes(16, "big")
    headers = {"content-type": "application/x-protobuf", "x-mlflow-experiment-id": experiment}
    answer = api("POST", "/v1/traces", data=request.SerializeToString(), headers=headers)
    assert answer.status_code == 200, answer.text
    assert len(found(experiment)) == 1


@pytest.mark.parametrize(
    "headers, body, statuses",
    [
        ({"content-type": "application/x-protobuf"}, b"", (400, 422)),
        ({"content-type": "text/plain", "x-mlflow-experiment-id": "0"}, b"x", (400, 415, 422)),
        ({"content-type": "application/x-protobuf", "x-mlflow-experiment-id": "0"}, b"\xff\xff\xff", (400,)),
    ],
    ids=["no experiment", "no protobuf", "broken protobuf"],
)
def test_what_is_no_trace_is_refused(api, headers, body, statuses):
    assert api("POST", "/v1/traces", data=body, headers=headers).status_code in statuses


def test_the_function_of_a_trace_is_called_as_ever(experiment):
    assert chain(3) == 7
