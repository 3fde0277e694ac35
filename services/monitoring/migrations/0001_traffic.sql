-- Settled inputs per minute.
CREATE TABLE traffic (
  minute timestamptz PRIMARY KEY,
  inputs bigint NOT NULL
);

-- Predictions per minute and class.
CREATE TABLE traffic_class (
  minute timestamptz NOT NULL,
  class text NOT NULL,
  count bigint NOT NULL,
  PRIMARY KEY (minute, class)
);
