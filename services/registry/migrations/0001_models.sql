-- Names are compared as bytes everywhere: that is their order in MLflow's answers too.
CREATE TABLE model (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text COLLATE "C" NOT NULL CONSTRAINT model_name UNIQUE,
  description text,
  created_ms bigint NOT NULL,
  updated_ms bigint NOT NULL,
  -- The greatest number that was ever given: none is given twice.
  last_version integer NOT NULL DEFAULT 0
);
CREATE INDEX model_updated ON model (updated_ms, name);

CREATE TABLE model_tag (
  model_id bigint NOT NULL REFERENCES model ON DELETE CASCADE,
  key text COLLATE "C" NOT NULL,
  value text COLLATE "C" NOT NULL,
  PRIMARY KEY (model_id, key)
);
-- Values may be longer than what an index takes.
CREATE INDEX model_tag_value ON model_tag (key, left(value, 64), model_id);
CREATE INDEX model_tag_prompt ON model_tag (model_id) WHERE key = 'mlflow.prompt.is_prompt' AND value = 'true';

CREATE TABLE model_version (
  model_id bigint NOT NULL REFERENCES model ON DELETE CASCADE,
  version integer NOT NULL,
  created_ms bigint NOT NULL,
  updated_ms bigint NOT NULL,
  description text,
  stage text NOT NULL DEFAULT 'None',
  source text COLLATE "C" NOT NULL,
  -- Where its files lie: the source, or what the source stands for.
  location text NOT NULL,
  run_id text COLLATE "C" NOT NULL DEFAULT '',
  run_link text NOT NULL DEFAULT '',
  logged_model_id text,
  approval text NOT NULL DEFAULT 'candidate',
  registered_by text NOT NULL,
  author text,
  signature jsonb,
  -- Whether its files were listed when it was registered.
  listed boolean NOT NULL,
  PRIMARY KEY (model_id, version)
);
CREATE INDEX model_version_updated ON model_version (updated_ms DESC);
CREATE INDEX model_version_created ON model_version (created_ms);
CREATE INDEX model_version_stage ON model_version (model_id, stage, version DESC);
CREATE INDEX model_version_run ON model_version (run_id) WHERE run_id <> '';

CREATE TABLE version_tag (
  model_id bigint NOT NULL,
  version integer NOT NULL,
  key text COLLATE "C" NOT NULL,
  value text COLLATE "C" NOT NULL,
  PRIMARY KEY (model_id, version, key),
  FOREIGN KEY (model_id, version) REFERENCES model_version ON DELETE CASCADE
);
CREATE INDEX version_tag_value ON version_tag (key, left(value, 64), model_id, version);
CREATE INDEX version_tag_prompt ON version_tag (model_id) WHERE key = 'mlflow.prompt.is_prompt' AND value = 'true';

CREATE TABLE version_file (
  model_id bigint NOT NULL,
  version integer NOT NULL,
  path text COLLATE "C" NOT NULL,
  size bigint NOT NULL,
  sha256 text NOT NULL,
  PRIMARY KEY (model_id, version, path),
  FOREIGN KEY (model_id, version) REFERENCES model_version ON DELETE CASCADE
);

CREATE TABLE alias (
  model_id bigint NOT NULL REFERENCES model ON DELETE CASCADE,
  alias text COLLATE "C" NOT NULL,
  version integer NOT NULL,
  PRIMARY KEY (model_id, alias),
  FOREIGN KEY (model_id, version) REFERENCES model_version ON DELETE CASCADE
);
CREATE INDEX alias_version ON alias (model_id, version);
