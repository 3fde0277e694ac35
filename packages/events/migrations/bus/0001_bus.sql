-- Which log this is, and up to where its oldest entries have been cut off; one row.
CREATE TABLE log (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  id uuid NOT NULL DEFAULT gen_random_uuid(),
  cut bigint NOT NULL DEFAULT 0
);
INSERT INTO log DEFAULT VALUES;

-- The log itself. Whoever appends holds a lock until his commit, so entries become visible in the order of their numbers.
CREATE TABLE message (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  channel text NOT NULL,
  id text NOT NULL,
  envelope text NOT NULL,
  bytes integer NOT NULL,
  at timestamptz NOT NULL DEFAULT clock_timestamp()
);
