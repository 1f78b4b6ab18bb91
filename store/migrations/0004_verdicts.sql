-- What a test at a live DNS host showed a document to do to other values, by the SHA-256 of the document.
CREATE TABLE verdicts (
	digest   TEXT PRIMARY KEY,
	verdict  TEXT NOT NULL,
	provider TEXT NOT NULL,
	tested   BIGINT NOT NULL
);
