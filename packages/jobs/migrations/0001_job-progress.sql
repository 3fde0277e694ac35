-- How far jobs are that run. What they are is in pg-boss's own tables, in the schema beside this one.
CREATE TABLE job_progress (
  job_id uuid PRIMARY KEY,
  -- The one that said so: what an earlier attempt had done counts no more.
  attempt integer NOT NULL,
  share double precision NOT NULL,
  note text NOT NULL
);
