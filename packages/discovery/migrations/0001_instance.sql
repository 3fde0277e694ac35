-- Which instances of which services live, and until when they are believed to.
CREATE TABLE instance (
  service text NOT NULL,
  url text NOT NULL,
  -- Which process says so: an instance that was restarted on the same URL is not forgotten when its predecessor's end is noticed.
  process uuid NOT NULL,
  lease_until timestamptz NOT NULL,
  PRIMARY KEY (service, url)
);
