CREATE TABLE note (seq bigint GENERATED ALWAYS AS IDENTITY, consumer text NOT NULL, note text NOT NULL);
