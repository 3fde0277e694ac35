-- What versions need. The one without a model is the default.
CREATE TABLE policy (
  model_id bigint UNIQUE NULLS NOT DISTINCT REFERENCES model ON DELETE CASCADE,
  policy jsonb NOT NULL
);

CREATE TABLE approval (
  model_id bigint NOT NULL,
  version integer NOT NULL,
  approver text COLLATE "C" NOT NULL,
  comment text,
  at timestamptz(3) NOT NULL,
  PRIMARY KEY (model_id, version, approver),
  FOREIGN KEY (model_id, version) REFERENCES model_version ON DELETE CASCADE
);

-- What was reported last of each check: `passed`, and of each metric: `value`.
CREATE TABLE report (
  model_id bigint NOT NULL,
  version integer NOT NULL,
  kind text NOT NULL CHECK (kind IN ('check', 'metric')),
  name text COLLATE "C" NOT NULL,
  passed boolean,
  value double precision,
  detail text,
  reporter text NOT NULL,
  at timestamptz(3) NOT NULL,
  PRIMARY KEY (model_id, version, kind, name),
  FOREIGN KEY (model_id, version) REFERENCES model_version ON DELETE CASCADE
);
