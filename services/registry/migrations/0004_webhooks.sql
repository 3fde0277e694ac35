CREATE TABLE webhook (
  id text PRIMARY KEY,
  name text NOT NULL,
  description text,
  url text NOT NULL,
  status text NOT NULL,
  -- `aes.` and what it is encrypted to, or `plain.` and what it is.
  secret text,
  created_ms bigint NOT NULL,
  updated_ms bigint NOT NULL,
  seq bigint GENERATED ALWAYS AS IDENTITY
);
CREATE INDEX webhook_created ON webhook (created_ms DESC, seq DESC);

CREATE TABLE webhook_event (
  webhook_id text NOT NULL REFERENCES webhook ON DELETE CASCADE,
  event text COLLATE "C" NOT NULL,
  PRIMARY KEY (webhook_id, event)
);
CREATE INDEX webhook_event_event ON webhook_event (event);

-- One message to one webhook. The webhook may be gone.
CREATE TABLE webhook_delivery (
  id text PRIMARY KEY,
  seq bigint GENERATED ALWAYS AS IDENTITY,
  webhook_id text NOT NULL,
  event text NOT NULL,
  body text NOT NULL,
  state text NOT NULL DEFAULT 'waiting',
  attempts integer NOT NULL DEFAULT 0,
  -- Attempts since it was first sent, or sent again by hand.
  tries integer NOT NULL DEFAULT 0,
  status integer,
  error text,
  created_at timestamptz(3) NOT NULL,
  attempted_at timestamptz(3),
  next_at timestamptz(3)
);
CREATE UNIQUE INDEX webhook_delivery_seq ON webhook_delivery (seq);
CREATE INDEX webhook_delivery_webhook ON webhook_delivery (webhook_id, seq);
CREATE INDEX webhook_delivery_state ON webhook_delivery (state, seq);
