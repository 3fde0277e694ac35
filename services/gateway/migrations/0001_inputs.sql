-- Every input that the gateway has taken, and what became of it.
CREATE TABLE input (
  -- A UUID of version 7: it holds the time of arrival, so that a stretch of time is a range of ids and needs no index of its own.
  id uuid PRIMARY KEY,
  -- NULL where the log is redacted. NUL, halves of surrogate pairs and U+001A stand as U+001A and four hexadecimal digits, here and in all texts.
  data text,
  -- In code points.
  length integer NOT NULL,
  sha256 bytea,
  outcome text NOT NULL,
  status smallint,
  class text,
  confidence double precision,
  -- JSON, as text: what Service B answers may be nested deeper, or hold characters, that PostgreSQL's types for JSON refuse.
  prediction text,
  latency_ms double precision,
  model text,
  model_version text,
  error text,
  trace_id uuid
) WITH (
  -- Rows come at one end and go at the other: what goes must be found in time to be used again.
  autovacuum_vacuum_scale_factor = 0.05,
  autovacuum_vacuum_insert_scale_factor = 0.2
);

-- Retention analyses the table to count its rows; a small sample is enough for that.
ALTER TABLE input
  ALTER COLUMN id SET STATISTICS 10,
  ALTER COLUMN data SET STATISTICS 0,
  ALTER COLUMN length SET STATISTICS 0,
  ALTER COLUMN sha256 SET STATISTICS 0,
  ALTER COLUMN outcome SET STATISTICS 10,
  ALTER COLUMN status SET STATISTICS 10,
  ALTER COLUMN class SET STATISTICS 10,
  ALTER COLUMN confidence SET STATISTICS 0,
  ALTER COLUMN prediction SET STATISTICS 0,
  ALTER COLUMN latency_ms SET STATISTICS 0,
  ALTER COLUMN model SET STATISTICS 10,
  ALTER COLUMN model_version SET STATISTICS 10,
  ALTER COLUMN error SET STATISTICS 0,
  ALTER COLUMN trace_id SET STATISTICS 0;
