-- What the watch saw of a name's delegation: one row for each state that it was in. The newest row of a name is its state now.
CREATE TABLE looks (
	id      {id},
	name    TEXT   NOT NULL, -- the host: a wildcard shares its delegation
	since   BIGINT NOT NULL, -- the first look that saw it so
	last    BIGINT NOT NULL, -- the newest look that saw it so
	next    BIGINT NOT NULL, -- when to look again
	verdict TEXT   NOT NULL, -- ok, fault or unknown
	code    TEXT   NOT NULL, -- of the fault that counts; empty for ok
	seen    TEXT   NOT NULL, -- what was seen, one sentence; empty for ok
	todo    TEXT   NOT NULL, -- the exact change; empty for ok
	who     TEXT   NOT NULL, -- whose change it is; empty for ok
	chain   TEXT   NOT NULL  -- the chain as text, one hop a line
);
CREATE INDEX looks_of_name ON looks (name, id);
