PRAGMA application_id = 1684369525;
CREATE TABLE migrations (version BIGINT PRIMARY KEY, name TEXT NOT NULL, applied BIGINT NOT NULL);
INSERT INTO migrations VALUES (1, '0001_rows.sql', 1795577605007);
INSERT INTO migrations VALUES (2, '0002_claims_events.sql', 1795577605009);
INSERT INTO migrations VALUES (3, '0003_attempt_profile.sql', 1795577605011);
INSERT INTO migrations VALUES (4, '0004_verdicts.sql', 1795577605012);
CREATE TABLE installation (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
);
INSERT INTO installation VALUES ('key', x'010ad91efb252feb4599ea3aad8346358c041f5f569fdde170bf00cd6146e25bc8fc080a8ec0dfc44a9b135cf0efc60f91b20abdc4ef0b0909f6b15d216f5c69437372ea37701e708c3d23082fd631c805606efad6a6d5c803132e5892850eafc2247f363baf5c225ad930eb8d5f088178330fe27c5446f1fc2ec32ddde5f3901f');
CREATE TABLE accounts (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    name           TEXT NOT NULL UNIQUE,
    directory      TEXT NOT NULL,
    email          TEXT NOT NULL,
    url            TEXT NOT NULL,
    sealed_key     BLOB NOT NULL,
    eab_key_id     TEXT NOT NULL,
    sealed_eab_key BLOB NOT NULL,
    terms          TEXT NOT NULL,
    created        BIGINT NOT NULL
);
INSERT INTO accounts VALUES (1, 'default', 'https://ca.example/dir', 'a@example.org', 'https://ca.example/acct/1', x'010ad91efb252feb4581726326c7701feea570434d6ed1b334c1e5b59967a5bfd90b0960653d50827a2dbe9437867ae0f4d623eced6874e0068922df81812e87af7330b43fd5d6a2b16273a95cde6e575a654271cfa32eb647afd7711829e20ae3d2bae06902c0cddb377237088edcef46931a01da456257ba3a5977ad7a745da9d22bfc886cffeada4b5f9ba1987fad8e0040337fa91e8079f7eefb481da6ba8fb52e7ec3f320d7173a5d9b57a179f4d2ee49721879a1a9', 'kid-1', x'010ad91efb252feb456a3189473759835bd88385ddf795db87cddb3679b19759224d6957820fc7005f661ea21c82cb29dffab7e2ad8e97d5a3fc29a263b002f3db24611bfe760dbe1817245aec60bcc93db36aaf121287a2066bd06ce296dc75a55c7cc5525c29a3f9cb0730f836115e35c2c5068b107a523c0af5', 'https://ca.example/terms', 1793528430456);
CREATE TABLE configurations (
    name     TEXT NOT NULL,
    revision BIGINT NOT NULL,
    kind     TEXT NOT NULL,
    source   BLOB NOT NULL,
    created  BIGINT NOT NULL,
    PRIMARY KEY (name, revision)
);
INSERT INTO configurations VALUES ('desec', 1, 'dxl', x'3c786d6c2f3e00ff', 1793614830456);
CREATE TABLE providers (
    name                   TEXT NOT NULL,
    revision               BIGINT NOT NULL,
    sealed_document        BLOB NOT NULL,
    configuration          TEXT NOT NULL,
    configuration_revision BIGINT NOT NULL,
    removed                BOOLEAN NOT NULL,
    created                BIGINT NOT NULL,
    PRIMARY KEY (name, revision)
);
INSERT INTO providers VALUES ('desec-martdj', 1, x'010ad91efb252feb45b769424203faa7cb5e51bbd3f12be3365de0d519f3290705da98ffc3e812fb7ba8e635703f76115854f539b0419f1113eed6e0ebd4b1e0f4a462ded287e23a3159475e19c78de75b37c484c8978b16a4edd421202d38ff3427b96707861ede68b0a16c9aa85caa2c391d225431ef6c6e762b9b3c3bbe48d26af892ce6a353432957bdd8e626c17ba6483ec50bc734f78851c411c6ae921580d', 'desec', 1, 0, 1793701230456);
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
INSERT INTO certificates VALUES ('demohub.martdj.nl', '["demohub.martdj.nl","*.demohub.martdj.nl"]', 'ec256', 'default', 'tlsserver', 'systemctl reload nginx', 1793787630456, 2, 1, 1794997230456, 1795170030456, 'https://ca.example/why', 1795083630456, 1793960430456, 3, 'the CA was down', 1795256430456);
CREATE TABLE certificate_versions (
    certificate TEXT NOT NULL REFERENCES certificates (name) ON DELETE CASCADE,
    version     BIGINT NOT NULL,
    chain       BLOB NOT NULL,
    sealed_key  BLOB NOT NULL,
    serial      TEXT NOT NULL,
    not_before  BIGINT NOT NULL,
    not_after   BIGINT NOT NULL,
    created     BIGINT NOT NULL,
    PRIMARY KEY (certificate, version)
);
INSERT INTO certificate_versions VALUES ('demohub.martdj.nl', 1, x'50454d2031', x'', '01ff', 1793874030456, 1795602030456, 1795577605017);
INSERT INTO certificate_versions VALUES ('demohub.martdj.nl', 2, x'50454d2032', x'010ad91efb252feb452210f6433c380b5556542c8ab5137e7585ed932d1628727e6cc7ca3fa279ea59807f6900de8f1a14d5e2f982db6497a9619fd307bb24f9de813ff2a2f711349565536b25136bbe0f84503ba02e8e028a1236e3934956f0d2523ce48ef5502e933de6ebe0cf83e4ae228e1f27d466f483898b46fa09a346d00baf24ae8159da511f1efcd596e073c340af2ea07080f958c85feb6f8d2ccfac8a0b779ab50a406e43ecea81a59db33d4e343a502400d93fc0ff4a', '02ff', 1793874030456, 1795602030456, 1795577605018);
CREATE TABLE attempts (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    certificate TEXT NOT NULL,
    account     TEXT NOT NULL,
    names       TEXT NOT NULL,
    sealed_key  BLOB NOT NULL,
    replaces    TEXT NOT NULL,
    asked       BOOLEAN NOT NULL,
    order_url   TEXT NOT NULL,
    finalized   BOOLEAN NOT NULL,
    state       TEXT NOT NULL,
    error       TEXT NOT NULL,
    created     BIGINT NOT NULL
, profile TEXT NOT NULL DEFAULT '');
INSERT INTO attempts VALUES (1, 'demohub.martdj.nl', 'default', '["demohub.martdj.nl","*.demohub.martdj.nl"]', x'010ad91efb252feb453f75bacd8668272c517441e6f727681ef0c5abadd3f314059c720c6ab68572cb7668c87e7b94c16cb693e3e7fc451e98203240c35481af63ca82fb31f7638702fa2408f5f92750eb195d154e7b5477495632d98b356ca846fa195680073e8f8fa1dba1d11728905d5ce752f58f80c618433c3302fbf4c5c3d5d6e7874fc12d7b54cac22a5b1262531a4e26238c4041454ee55422197f0b52ce8f3bf3b125b995dee479c98e2e0245d5b53ce497900a096740e3', 'aki.serial', 1, 'https://ca.example/order/7', 1, 'open', 'late', 1794046830456, '');
CREATE TABLE publications (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
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
    sealed_context BLOB NOT NULL,
    error          TEXT NOT NULL,
    created        BIGINT NOT NULL,
    FOREIGN KEY (provider, revision) REFERENCES providers (name, revision)
);
INSERT INTO publications VALUES (1, 'desec-martdj', 1, 'martdj.dedyn.io', 'validation.martdj.dedyn.io', 'martdj.nl', 'demohub.martdj.nl', 'LoqXcYV8q5ONbJQxbmR7SCTNo3tiAXDfowyjxAjEuX0', 'demohub.martdj.nl', 'certificate/demohub.martdj.nl', 4, 1794133230456, 'written', x'010ad91efb252feb4502f07d50274181751e9dbb23a1901941699d7146b70e0df6c97c99b347f1c7ca4897fc492abced2b790ffbad300b9f922b2fe908dfdccb4fa8d56ef364eefde07e54310d6c7f3f2b53299ac5b147f2253ba92b2a65f38cb21d81255e734f3aa6db66237c84adfe5d0092bcf9c2ebee888f495adf347d945cc49ab0d5fabd78a5f67e7203afc906ab9de70b7ecf70b1ef', 'the host was busy', 1794219630456);
CREATE TABLE planned_targets (
    tenant  TEXT NOT NULL,
    name    TEXT NOT NULL,
    target  TEXT NOT NULL UNIQUE,
    created BIGINT NOT NULL,
    PRIMARY KEY (tenant, name)
);
INSERT INTO planned_targets VALUES ('', 'demohub.martdj.nl', 'k3x7.martdj.dedyn.io', 1794306030456);
CREATE TABLE claims (
    key         TEXT PRIMARY KEY,
    fence       BIGINT NOT NULL,
    holder      TEXT NOT NULL,
    lease_until BIGINT NOT NULL
);
INSERT INTO claims VALUES ('dumped', 1, '', 0);
CREATE TABLE events (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    time        BIGINT NOT NULL,
    kind        TEXT NOT NULL,
    certificate TEXT NOT NULL,
    name        TEXT NOT NULL,
    text        TEXT NOT NULL,
    data        TEXT NOT NULL
);
INSERT INTO events VALUES (1, 1795577605022, 'dumped', '', '', '', '{"k":"v"}');
CREATE TABLE verdicts (
	digest   TEXT PRIMARY KEY,
	verdict  TEXT NOT NULL,
	provider TEXT NOT NULL,
	tested   BIGINT NOT NULL
);
CREATE INDEX events_of_certificate ON events (certificate, id);
CREATE UNIQUE INDEX attempts_open ON attempts (certificate) WHERE state = 'open';
CREATE INDEX publications_live ON publications (owner) WHERE state <> 'withdrawn';
CREATE INDEX publications_of_provider ON publications (provider, revision);
