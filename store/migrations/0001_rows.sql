-- Rows that must not be lost. Times are milliseconds since 1970 in UTC, 0 for none; {bytes} columns named sealed_…
-- hold what secret.Keyring sealed for that row and column, or nothing.

CREATE TABLE installation (
    name  TEXT PRIMARY KEY,
    value {bytes} NOT NULL
);

CREATE TABLE accounts (
    id             {id},
    name           TEXT NOT NULL UNIQUE,
    directory      TEXT NOT NULL,
    email          TEXT NOT NULL,
    url            TEXT NOT NULL,
    sealed_key     {bytes} NOT NULL,
    eab_key_id     TEXT NOT NULL,
    sealed_eab_key {bytes} NOT NULL,
    terms          TEXT NOT NULL,
    created        BIGINT NOT NULL
);

CREATE TABLE configurations (
    name     TEXT NOT NULL,
    revision BIGINT NOT NULL,
    kind     TEXT NOT NULL,
    source   {bytes} NOT NULL,
    created  BIGINT NOT NULL,
    PRIMARY KEY (name, revision)
);

CREATE TABLE providers (
    name                   TEXT NOT NULL,
    revision               BIGINT NOT NULL,
    sealed_document        {bytes} NOT NULL,
    configuration          TEXT NOT NULL,
    configuration_revision BIGINT NOT NULL,
    removed                BOOLEAN NOT NULL,
    created                BIGINT NOT NULL,
    PRIMARY KEY (name, revision)
);

CREATE TABLE certificates (
    name            TEXT PRIMARY KEY,
    names           TEXT NOT NULL,
    key_type        TEXT NOT NULL,
    account         TEXT NOT NULL,
    profile         TEXT NOT NULL,
    deploy_hook     TEXT NOT NULL,
    created         BIGINT NOT NULL,
    version         BIGINT NOT NULL,
    deployed        BOOLEAN NOT NULL,
    ari_start       BIGINT NOT NULL,
    ari_end         BIGINT NOT NULL,
    ari_explanation TEXT NOT NULL,
    ari_at          BIGINT NOT NULL,
    ari_check_after BIGINT NOT NULL,
    failures        BIGINT NOT NULL,
    last_error      TEXT NOT NULL,
    retry_at        BIGINT NOT NULL
);

CREATE TABLE certificate_versions (
    certificate TEXT NOT NULL REFERENCES certificates (name) ON DELETE CASCADE,
    version     BIGINT NOT NULL,
    chain       {bytes} NOT NULL,
    sealed_key  {bytes} NOT NULL,
    serial      TEXT NOT NULL,
    not_before  BIGINT NOT NULL,
    not_after   BIGINT NOT NULL,
    created     BIGINT NOT NULL,
    PRIMARY KEY (certificate, version)
);

CREATE TABLE attempts (
    id          {id},
    certificate TEXT NOT NULL,
    account     TEXT NOT NULL,
    names       TEXT NOT NULL,
    sealed_key  {bytes} NOT NULL,
    replaces    TEXT NOT NULL,
    asked       BOOLEAN NOT NULL,
    order_url   TEXT NOT NULL,
    finalized   BOOLEAN NOT NULL,
    state       TEXT NOT NULL,
    error       TEXT NOT NULL,
    created     BIGINT NOT NULL
);

CREATE TABLE publications (
    id             {id},
    provider       TEXT NOT NULL,
    revision       BIGINT NOT NULL,
    zone           TEXT NOT NULL,
    owner          TEXT NOT NULL,
    domain         TEXT NOT NULL,
    cert           TEXT NOT NULL,
    value          TEXT NOT NULL,
    certificate    TEXT NOT NULL,
    holder         TEXT NOT NULL,
    fence          BIGINT NOT NULL,
    until          BIGINT NOT NULL,
    state          TEXT NOT NULL,
    sealed_context {bytes} NOT NULL,
    error          TEXT NOT NULL,
    created        BIGINT NOT NULL,
    FOREIGN KEY (provider, revision) REFERENCES providers (name, revision)
);

CREATE TABLE planned_targets (
    tenant  TEXT NOT NULL,
    name    TEXT NOT NULL,
    target  TEXT NOT NULL UNIQUE,
    created BIGINT NOT NULL,
    PRIMARY KEY (tenant, name)
);
