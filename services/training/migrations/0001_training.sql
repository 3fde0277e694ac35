-- A file to learn from: below the root, or among the objects of the service.
CREATE TABLE dataset (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id text NOT NULL UNIQUE,
  name text NOT NULL,
  source text NOT NULL CHECK (source IN ('path', 'upload')),
  -- The path below the root, or the key of the object.
  place text NOT NULL,
  file_name text NOT NULL,
  -- How it is read, as whoever described it said.
  reading jsonb NOT NULL,
  bytes bigint NOT NULL,
  sha256 text NOT NULL,
  -- What was found when it was looked through for the first time.
  description jsonb,
  created_at timestamptz(3) NOT NULL
);
CREATE INDEX dataset_by_name ON dataset (name, seq);

CREATE TABLE study (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id text NOT NULL UNIQUE,
  key text UNIQUE,
  -- Of what was asked, so that another question with the same key is told from the same one.
  asked_sha256 text NOT NULL,
  state text NOT NULL CHECK (state IN ('waiting', 'running', 'refitting', 'succeeded', 'failed', 'stopped')),
  spec jsonb NOT NULL,
  search jsonb NOT NULL,
  metric text,
  direction text,
  run_id text NOT NULL,
  job_id text,
  queue_id text,
  attempts integer NOT NULL DEFAULT 0,
  importance jsonb,
  error text,
  created_at timestamptz(3) NOT NULL,
  started_at timestamptz(3),
  ended_at timestamptz(3)
);
CREATE INDEX study_by_state ON study (state, seq);

CREATE TABLE trial (
  study_seq bigint NOT NULL REFERENCES study (seq) ON DELETE CASCADE,
  number integer NOT NULL,
  state text NOT NULL CHECK (state IN ('running', 'complete', 'pruned', 'failed')),
  params jsonb NOT NULL,
  value double precision,
  -- What was reported, step by step: [[step, value], …]
  reports jsonb NOT NULL DEFAULT '[]',
  run_id text NOT NULL,
  error text,
  started_at timestamptz(3) NOT NULL,
  ended_at timestamptz(3),
  PRIMARY KEY (study_seq, number)
);

CREATE TABLE training_job (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id text NOT NULL UNIQUE,
  key text UNIQUE,
  asked_sha256 text NOT NULL,
  study_id text,
  state text NOT NULL CHECK (state IN ('waiting', 'running', 'succeeded', 'failed', 'cancelled')),
  spec jsonb NOT NULL,
  dataset_id text NOT NULL,
  model text,
  trainer text NOT NULL,
  tags jsonb NOT NULL,
  -- Chosen before anything is made under them, so that whoever goes on finds what was made.
  run_id text NOT NULL,
  model_id text NOT NULL,
  -- How often it was let begin anew.
  generation integer NOT NULL DEFAULT 0,
  queue_id text,
  attempts integer NOT NULL DEFAULT 0,
  progress jsonb NOT NULL,
  -- Iterations whose metrics are tracked, and the values that are being tracked: said again, with the same times, by whoever goes on.
  logged_to integer NOT NULL DEFAULT 0,
  logging jsonb,
  result jsonb,
  error text,
  created_at timestamptz(3) NOT NULL,
  started_at timestamptz(3),
  ended_at timestamptz(3)
);
CREATE INDEX training_job_by_state ON training_job (state, seq);
CREATE INDEX training_job_by_dataset ON training_job (dataset_id, seq);
CREATE INDEX training_job_by_model ON training_job (model, seq) WHERE model IS NOT NULL;
CREATE INDEX training_job_by_tag ON training_job USING gin (tags);

CREATE TABLE job_line (
  job_seq bigint NOT NULL REFERENCES training_job (seq) ON DELETE CASCADE,
  number integer NOT NULL,
  at timestamptz(3) NOT NULL,
  level text NOT NULL CHECK (level IN ('info', 'warning', 'error')),
  text text NOT NULL,
  PRIMARY KEY (job_seq, number)
);
