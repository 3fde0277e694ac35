"""What the client keeps beside traces for those who judge them: scorers, issues, label schemas and review queues."""

import json

import mlflow
import pytest
from test_traces import found, traced

pytestmark = pytest.mark.unserved("scorers, issues, label schemas and review queues")
newer = pytest.mark.client("3.17")

SCORER = json.dumps({"name": "exact", "aggregations": [], "instructions_judge_pydantic_data": None})


@pytest.fixture
def store(client):
    return client._tracking_client.store


def test_scorers_have_versions(store, experiment, refused):
    assert [store.register_scorer(experiment, "exact", SCORER).scorer_version for _ in range(2)] == [1, 2]
    store.register_scorer(experiment, "other", SCORER)
    assert [(one.scorer_name, one.scorer_version) for one in store.list_scorers(experiment)] == [("exact", 2), ("other", 1)]
    assert [one.scorer_version for one in store.list_scorer_versions(experiment, "exact")] == [1, 2]
    assert store.get_scorer(experiment, "exact").scorer_version == 2
    assert store.get_scorer(experiment, "exact", version=1)._serialized_scorer == SCORER
    store.delete_scorer(experiment, "exact", version=1)
    assert [one.scorer_version for one in store.list_scorer_versions(experiment, "exact")] == [2]
    store.delete_scorer(experiment, "exact")
    with refused("RESOURCE_DOES_NOT_EXIST"):
        store.get_scorer(experiment, "exact")


@newer
def test_scorers_may_run_on_what_comes_in(store, experiment, refused):
    scorer = store.register_scorer(experiment, "exact", SCORER)
    with refused("INVALID_PARAMETER_VALUE"):
        store.upsert_online_scoring_config(experiment, "exact", sample_rate=2.0)
    assert store.get_online_scoring_configs([scorer.scorer_id]) == []


@newer
def test_issues_are_opened_changed_and_found(store, experiment, run, refused):
    from mlflow.entities.issue import IssueSeverity, IssueStatus

    issue = store.create_issue(
        experiment, "slow", "answers come late", severity=IssueSeverity.HIGH, root_causes=["network"], source_run_id=run, categories=["speed"]
    )
    again = store.get_issue(issue.issue_id)
    assert again.name == "slow" and again.description == "answers come late" and again.root_causes == ["network"]
    assert str(again.severity).lower().endswith("high") and again.source_run_id == run and list(again.categories) == ["speed"]
    changed = store.update_issue(issue.issue_id, status=IssueStatus.RESOLVED, name="was slow")
    assert changed.name == "was slow" and str(changed.status).lower().endswith("resolved")
    store.create_issue(experiment, "other", "else")
    assert {one.name for one in store.search_issues(experiment)} == {"was slow", "other"}
    assert [one.name for one in store.search_issues(experiment, "status = 'resolved'")] == ["was slow"]
    with refused("RESOURCE_DOES_NOT_EXIST"):
        store.get_issue("iss-nothing")


@newer
def test_an_issue_is_tied_to_a_trace(store, experiment):
    issue = store.create_issue(experiment, "wrong", "not what was asked")
    trace = traced()
    mlflow.log_issue(trace_id=trace, issue_id=issue.issue_id, issue_name="wrong")
    assert found(experiment, f"issue.id = '{issue.issue_id}'") == [trace]


@newer
def test_label_schemas_are_made_changed_listed_and_deleted(store, experiment, refused):
    from mlflow.genai.label_schemas import InputCategorical, InputNumeric

    made = store.create_label_schema(
        experiment, name="tone", type="feedback", input=InputCategorical(options=["good", "bad"]), instruction="How is it?", enable_comment=True
    )
    again = store.get_label_schema(made.schema_id)
    assert again.name == "tone" and list(again.input.options) == ["good", "bad"] and again.instruction == "How is it?" and again.enable_comment
    assert store.get_label_schema_by_name(experiment, "tone").schema_id == made.schema_id
    changed = store.update_label_schema(made.schema_id, name="mood", instruction="And now?", input=InputCategorical(options=["a", "b", "c"]))
    assert changed.name == "mood" and len(changed.input.options) == 3
    store.create_label_schema(experiment, name="score", type="expectation", input=InputNumeric(min_value=0, max_value=5))
    assert {one.name for one in store.list_label_schemas(experiment)} >= {"mood", "score"}
    store.delete_label_schema(made.schema_id)
    with refused("RESOURCE_DOES_NOT_EXIST"):
        store.get_label_schema(made.schema_id)


@newer
def test_review_queues_hold_traces_until_they_are_seen(store, experiment, refused):
    queue = store.create_review_queue(experiment, name="mine", queue_type="custom", users=["ann", "bob"])
    assert store.get_review_queue(queue.queue_id).name == "mine"
    assert store.get_review_queue_by_name(experiment, name="mine").queue_id == queue.queue_id
    assert store.update_review_queue(queue.queue_id, name="ours").name == "ours"
    first, second = traced(), traced()
    assert len(store.add_items_to_review_queue(queue.queue_id, item_ids=[first, second])) == 2
    done = store.set_review_queue_item_status(queue.queue_id, item_id=first, status="complete", completed_by="ann")
    assert done.completed_by == "ann"
    assert [item.item_id for item in store.list_review_queue_items(queue.queue_id, status="pending")] == [second]
    store.remove_items_from_review_queue(queue.queue_id, item_ids=[second])
    assert [item.item_id for item in store.list_review_queue_items(queue.queue_id)] == [first]
    assert [one.name for one in store.list_review_queues(experiment)] == ["ours"]
    store.delete_review_queue(queue.queue_id)
    with refused("RESOURCE_DOES_NOT_EXIST"):
        store.get_review_queue(queue.queue_id)


@newer
def test_a_user_has_one_queue_of_his_own(store, experiment):
    first = store.get_or_create_user_queue(experiment, user="ann")
    assert store.get_or_create_user_queue(experiment, user="ann").queue_id == first.queue_id
