-- Models as MLflow 3 keeps them. Times are milliseconds since 1970.
CREATE TABLE logged_model (
  no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id text COLLATE "C" NOT NULL UNIQUE,
  experiment_id bigint NOT NULL REFERENCES experiment,
  name text NOT NULL,
  status text NOT NULL CHECK (status IN ('PENDING', 'READY', 'UPLOAD_FAILED')),
  model_type text,
  source_run_id text COLLATE "C",
  artifact_uri text NOT NULL,
  created_ms bigint NOT NULL,
  updated_ms bigint NOT NULL,
  deleted_ms bigint
);
CREATE INDEX logged_model_by_creation ON logged_model (experiment_id, created_ms DESC, id);
CREATE INDEX logged_model_by_run ON logged_model (source_run_id);
CREATE INDEX logged_model_deleted ON logged_model (deleted_ms) WHERE deleted_ms IS NOT NULL;

CREATE TABLE logged_model_param (
  model_no bigint NOT NULL REFERENCES logged_model ON DELETE CASCADE,
  key text NOT NULL,
  value text NOT NULL,
  PRIMARY KEY (model_no, key)
);
CREATE INDEX logged_model_param_by_value ON logged_model_param (key, left(value, 200));

CREATE TABLE logged_model_tag (
  model_no bigint NOT NULL REFERENCES logged_model ON DELETE CASCADE,
  key text NOT NULL,
  value text NOT NULL,
  PRIMARY KEY (model_no, key)
);
CREATE INDEX logged_model_tag_by_value ON logged_model_tag (key, left(value, 200));

-- Every value that a run has logged for a model, each once. A dataset that is not told is ''. No foreign keys, as in `metric`.
CREATE TABLE logged_model_metric (
  model_no bigint NOT NULL,
  key_id integer NOT NULL,
  timestamp_ms bigint NOT NULL,
  step bigint NOT NULL,
  run_no bigint NOT NULL,
  value double precision NOT NULL,
  dataset_name text NOT NULL DEFAULT '',
  dataset_digest text NOT NULL DEFAULT '',
  PRIMARY KEY (model_no, key_id, timestamp_ms, step, run_no, value, dataset_name, dataset_digest)
);
CREATE INDEX logged_model_metric_by_run ON logged_model_metric (run_no);

-- Datasets that runs of an experiment have used, and which run has used which, in the order in which they were told.
CREATE TABLE dataset (
  no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  experiment_id bigint NOT NULL REFERENCES experiment ON DELETE CASCADE,
  name text NOT NULL,
  digest text NOT NULL,
  source_type text NOT NULL,
  source text NOT NULL,
  schema text,
  profile text,
  UNIQUE (experiment_id, name, digest)
);
CREATE INDEX dataset_by_name ON dataset (name);
CREATE INDEX dataset_by_digest ON dataset (digest);

CREATE TABLE run_dataset (
  no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run_no bigint NOT NULL REFERENCES run ON DELETE CASCADE,
  dataset_no bigint NOT NULL REFERENCES dataset ON DELETE CASCADE,
  UNIQUE (run_no, dataset_no)
);
CREATE INDEX run_dataset_by_dataset ON run_dataset (dataset_no, run_no);

CREATE TABLE run_dataset_tag (
  run_dataset_no bigint NOT NULL REFERENCES run_dataset ON DELETE CASCADE,
  key text NOT NULL,
  value text NOT NULL,
  PRIMARY KEY (run_dataset_no, key)
);

-- Models that a run has used, and those that it has made. A model may be gone, or lie elsewhere.
CREATE TABLE run_model (
  no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run_no bigint NOT NULL REFERENCES run ON DELETE CASCADE,
  direction text NOT NULL CHECK (direction IN ('input', 'output')),
  model_id text COLLATE "C" NOT NULL,
  step bigint NOT NULL DEFAULT 0,
  UNIQUE (run_no, direction, model_id, step)
);
