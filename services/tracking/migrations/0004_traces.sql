-- What one call of a program did, from its first span to its last. Tags and metadata are objects of texts.
CREATE TABLE trace (
  no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id text COLLATE "C" NOT NULL UNIQUE,
  experiment_id bigint NOT NULL REFERENCES experiment ON DELETE CASCADE,
  start_ms bigint NOT NULL,
  -- Absent until something of it has ended.
  duration_ms bigint,
  state text NOT NULL CHECK (state IN ('STATE_UNSPECIFIED', 'OK', 'ERROR', 'IN_PROGRESS')),
  client_request_id text,
  request_preview text,
  response_preview text,
  tags jsonb NOT NULL,
  metadata jsonb NOT NULL,
  -- The numbers that two texts among the metadata say, for sums over many traces.
  tokens jsonb,
  cost jsonb
);
CREATE INDEX trace_by_start ON trace (experiment_id, start_ms DESC, id);
CREATE INDEX trace_by_tags ON trace USING gin (tags jsonb_path_ops);
CREATE INDEX trace_by_run ON trace ((metadata->>'mlflow.sourceRun')) WHERE metadata ? 'mlflow.sourceRun';
CREATE INDEX trace_by_session ON trace (experiment_id, (metadata->>'mlflow.trace.session')) WHERE metadata ? 'mlflow.trace.session';

-- Attributes are kept as the text they came as: whole numbers beyond 2^53, and 2.0 that is not 2, stay what they are.
CREATE TABLE span (
  trace_no bigint NOT NULL REFERENCES trace ON DELETE CASCADE,
  id text COLLATE "C" NOT NULL,
  -- Absent of the root.
  parent_id text COLLATE "C",
  name text NOT NULL,
  type text,
  status text NOT NULL CHECK (status IN ('UNSET', 'OK', 'ERROR')),
  message text,
  start_ns bigint NOT NULL,
  end_ns bigint,
  attributes json NOT NULL,
  events json,
  links json,
  model text,
  provider text,
  tokens jsonb,
  cost jsonb,
  PRIMARY KEY (trace_no, id)
);

-- What people, programs and judging models say of a trace.
CREATE TABLE assessment (
  id text COLLATE "C" PRIMARY KEY,
  trace_no bigint NOT NULL REFERENCES trace ON DELETE CASCADE,
  kind text NOT NULL CHECK (kind IN ('feedback', 'expectation', 'issue')),
  name text NOT NULL,
  value jsonb NOT NULL,
  error jsonb,
  source_type text NOT NULL,
  source_id text NOT NULL,
  span_id text,
  rationale text,
  metadata jsonb NOT NULL,
  -- The one that this one stands for instead; that one is no longer valid.
  overrides text COLLATE "C",
  valid boolean NOT NULL,
  created_ms bigint NOT NULL,
  updated_ms bigint NOT NULL
);
CREATE INDEX assessment_of_trace ON assessment (trace_no, created_ms);
CREATE INDEX assessment_by_name ON assessment (name, kind);

-- A trace may be linked before anything else is known of it.
CREATE TABLE trace_run (
  run_no bigint NOT NULL REFERENCES run ON DELETE CASCADE,
  trace_id text COLLATE "C" NOT NULL,
  PRIMARY KEY (run_no, trace_id)
);
CREATE INDEX trace_run_by_trace ON trace_run (trace_id);

ALTER TABLE cleaning ADD COLUMN traces bigint NOT NULL DEFAULT 0;

-- Prompts by `name/version`.
CREATE TABLE trace_prompt (
  trace_no bigint NOT NULL REFERENCES trace ON DELETE CASCADE,
  prompt text NOT NULL,
  PRIMARY KEY (trace_no, prompt)
);
