-- Files of artifacts. These rows are the truth: a file is there when its row is. Its bytes lie in the store of objects under a key that is
-- new each time the file is written, so whoever reads a file while it is replaced goes on reading what he began. A path is folder/name.
CREATE TABLE artifact (
  folder text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  object_key text COLLATE "C" NOT NULL UNIQUE,
  size bigint NOT NULL CHECK (size >= 0),
  sha256 text NOT NULL,
  content_type text NOT NULL,
  modified_ms bigint NOT NULL,
  PRIMARY KEY (folder, name)
);

-- What lies below each first part of a path, parts of uploads included, changed together with it. Several rows each, so that those who write
-- at once seldom wait for each other; only their sum means something.
CREATE TABLE artifact_usage (
  top text COLLATE "C" NOT NULL,
  shard smallint NOT NULL,
  bytes bigint NOT NULL,
  files bigint NOT NULL,
  PRIMARY KEY (top, shard)
) WITH (fillfactor = 50);

-- Its one row is locked by whoever must know that there is room.
CREATE TABLE artifact_quota (one boolean PRIMARY KEY DEFAULT true CHECK (one));
INSERT INTO artifact_quota DEFAULT VALUES;

-- Objects that nothing refers to any more, until they are deleted.
CREATE TABLE artifact_garbage (
  no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  object_key text COLLATE "C" NOT NULL,
  size bigint NOT NULL
);
CREATE INDEX artifact_garbage_key ON artifact_garbage (object_key);

-- Uploads that come in parts. A completed one stays for a while: whoever completes it again has not heard the answer.
CREATE TABLE multipart_upload (
  id text COLLATE "C" PRIMARY KEY,
  folder text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  created_ms bigint NOT NULL,
  touched_ms bigint NOT NULL,
  completed_ms bigint
);
CREATE INDEX multipart_upload_touched ON multipart_upload (touched_ms);

CREATE TABLE multipart_part (
  upload_id text COLLATE "C" NOT NULL REFERENCES multipart_upload ON DELETE CASCADE,
  number integer NOT NULL,
  object_key text COLLATE "C" NOT NULL UNIQUE,
  size bigint NOT NULL,
  sha256 text NOT NULL,
  PRIMARY KEY (upload_id, number)
);

-- Runs, logged models and experiments that are removed for good: their own rows are gone, the many that belonged to them go in batches.
-- An entry stays for a while after that, so that an upload that was under way finds that nobody wants it any more.
CREATE TABLE removal (
  no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- Where its artifacts lie, if they lie here.
  path text COLLATE "C",
  run_no bigint,
  logged_model_no bigint,
  done_ms bigint
);
CREATE INDEX removal_path ON removal (path);
CREATE INDEX removal_left ON removal (no) WHERE done_ms IS NULL;

-- What a job of cleaning has removed so far, counted together with it: a job may be interrupted and go on elsewhere.
CREATE TABLE cleaning (
  job_id text COLLATE "C" PRIMARY KEY,
  at_ms bigint NOT NULL,
  experiments bigint NOT NULL DEFAULT 0,
  runs bigint NOT NULL DEFAULT 0,
  logged_models bigint NOT NULL DEFAULT 0,
  metrics bigint NOT NULL DEFAULT 0,
  files bigint NOT NULL DEFAULT 0,
  bytes bigint NOT NULL DEFAULT 0,
  uploads bigint NOT NULL DEFAULT 0,
  orphans bigint NOT NULL DEFAULT 0
);

-- Set when it is being removed for good: from then on it is as if it were not there.
ALTER TABLE experiment ADD COLUMN removing boolean NOT NULL DEFAULT false;
