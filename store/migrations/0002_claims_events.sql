-- Claims are never deleted: their fences grow for ever.
CREATE TABLE claims (
    key         TEXT PRIMARY KEY,
    fence       BIGINT NOT NULL,
    holder      TEXT NOT NULL,
    lease_until BIGINT NOT NULL
);

CREATE TABLE events (
    id          {id},
    time        BIGINT NOT NULL,
    kind        TEXT NOT NULL,
    certificate TEXT NOT NULL,
    name        TEXT NOT NULL,
    text        TEXT NOT NULL,
    data        TEXT NOT NULL
);

CREATE INDEX events_of_certificate ON events (certificate, id);

-- One order at a time is on its way for a certificate.
CREATE UNIQUE INDEX attempts_open ON attempts (certificate) WHERE state = 'open';

-- Journals grow; what is looked for in them is small.
CREATE INDEX publications_live ON publications (owner) WHERE state <> 'withdrawn';
CREATE INDEX publications_of_provider ON publications (provider, revision);
