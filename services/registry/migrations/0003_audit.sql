-- Names stay as they were: an entry outlives what it is about.
CREATE TABLE audit (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz(3) NOT NULL,
  action text NOT NULL,
  model_id bigint,
  model text COLLATE "C",
  version integer,
  caller text NOT NULL,
  name text,
  via text NOT NULL,
  before jsonb,
  after jsonb,
  trace_id text NOT NULL
);
CREATE INDEX audit_model_id ON audit (model_id, id);
CREATE INDEX audit_model ON audit (model, id);
CREATE INDEX audit_at ON audit (at);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'The audit log takes entries and lets none be changed or deleted.';
END $$;
CREATE TRIGGER audit_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
REVOKE UPDATE, DELETE, TRUNCATE ON audit FROM CURRENT_USER;
