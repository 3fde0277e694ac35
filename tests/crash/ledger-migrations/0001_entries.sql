CREATE TABLE account (account integer PRIMARY KEY, n integer NOT NULL);
CREATE TABLE entry (account integer NOT NULL, n integer NOT NULL, PRIMARY KEY (account, n));
