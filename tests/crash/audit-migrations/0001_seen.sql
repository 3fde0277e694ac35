-- Every application of an entry, in the order in which it was applied: a second one and one out of turn stay visible.
CREATE TABLE seen (seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, account integer NOT NULL, n integer NOT NULL);
