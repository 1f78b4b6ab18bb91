PRAGMA application_id = 1684369525;
CREATE TABLE migrations (version BIGINT PRIMARY KEY, name TEXT NOT NULL, applied BIGINT NOT NULL);
INSERT INTO migrations VALUES (1, '0001_rows.sql', 1795566711916);
INSERT INTO migrations VALUES (2, '0002_claims_events.sql', 1795566711918);
INSERT INTO migrations VALUES (3, '0003_attempt_profile.sql', 1795566711927);
CREATE TABLE installation (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
);
INSERT INTO installation VALUES ('key', x'010ad91efb252feb45ee0b89143ff514f21d2c9de91c50c945ba8492ec922522b66ac2b893fbae82386210448077a9687b491dd7b86b056a0692713f53ea37dac94e59a2ab8b05da2e8dc6ea63b0ebc76e3980db9748fd954c98cd424c1529deb07085b7f5f6be5deeb0ae1de6c28d61e9667171419ad3483719a115380249ff4b');
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
INSERT INTO accounts VALUES (1, 'default', 'https://ca.example/dir', 'a@example.org', 'https://ca.example/acct/1', x'010ad91efb252feb45ad5537d6cbf9588b309e46af72d296a2aee4a6b7d8307dff0866ecafd86a663bc874ec0b94e191c0ca04a3cf3045477e7d7ba5f664b604fbfc4135984193112b26813d3ccea3d64be7ae69f771d714bcc333c1c6c17a28ac1a02ce069db31142b64f511481d2a28599d64001e3ad2d805dd05ce446a4898d05680579e4cdd1e946e71211f08bbdcd2700d1375b87323a2e1eec3ea1dcdf28a4ee64092152209498041e87d32016869dcc0262c242b5', 'kid-1', x'010ad91efb252feb45daf3eeebdab8264f4282e100b84876514d7528a877a74dc41389eb92b1f640171b012b63d0f73343c0d6a4e57aa054f8c158ceb41f96b88ba4aa002788e7f8a98e8d8c480d161bc2459a2f4c74fd986cd5393954b5a51f9549a13474ecaf22d37b69b6e249e0aa41d42d6591a98048c380b9', 'https://ca.example/terms', 1793528430456);
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
INSERT INTO providers VALUES ('desec-martdj', 1, x'010ad91efb252feb45d9172f70f1c0ce087e7c89962c300473957baaf91c5c46dcd70456bc83bdd6596c07c1a22261e3fbf0abfaa7d4f117f9e1c6e14ad0e743d9a386cbb3df54f5ba7c8753eab918e617bd5398a0f7b9c89e644f9ed1c261c0272d29c7a4c761eb912affa9ec430f5c5adcb920db5123e9cccdcff5efc0005bf6dfad6a68910a1f2e74941a17e67eee1bcacb8d6b63d530091deaee7c2b497e9989', 'desec', 1, 0, 1793701230456);
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
INSERT INTO certificate_versions VALUES ('demohub.martdj.nl', 1, x'50454d2031', x'', '01ff', 1793874030456, 1795602030456, 1795566711936);
INSERT INTO certificate_versions VALUES ('demohub.martdj.nl', 2, x'50454d2032', x'010ad91efb252feb4560bc8fe1ab9d91911c618bde67ad40da3fec14ddc375ae63d70cc9dfc0773b8b74a2f7addcc4dc2c232f1a3530c0f46469f41eeb64adcba36a9e2263632736266189829cc5284f001fc26537d271866b0ba29d27a0eaa1276b21dc68c712964181bf0ccc293a8e81cac6f82a3d4372d1ebea377802f4408c0ad69c47f2d3a8573ffdd6d720d565a7c2928cf6b11b9195c7cda8c7011083602e82325488587aaa4976d1e45253ce8ee5a30840c28bcea4e88e61', '02ff', 1793874030456, 1795602030456, 1795566711936);
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
INSERT INTO attempts VALUES (1, 'demohub.martdj.nl', 'default', '["demohub.martdj.nl","*.demohub.martdj.nl"]', x'010ad91efb252feb45cf694bdddf0f0cd5ef902681146390021d554c27f717e2f916ee27816baa7fa8016d44608230f01ebb9138612054e2097e6e1e1bcaf1f366cacb0b2e7bb3d6eea4c1e87385fb51adf28f39758ad0de4f9fd0eef17f0e7e2f0572fd9e80d295665fee730349d7f1635015610586c773a405498229b5199d188d8924e11556d71f2f2f63815fd110aa00f0bee92763a4921b70c72b1f4b2f9ec14aafbaa94a7caa07b1d5d6b9037ee6a5af1f963c4c6a30c00011', 'aki.serial', 1, 'https://ca.example/order/7', 1, 'open', 'late', 1794046830456, '');
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
INSERT INTO publications VALUES (1, 'desec-martdj', 1, 'martdj.dedyn.io', 'validation.martdj.dedyn.io', 'martdj.nl', 'demohub.martdj.nl', 'LoqXcYV8q5ONbJQxbmR7SCTNo3tiAXDfowyjxAjEuX0', 'demohub.martdj.nl', 'certificate/demohub.martdj.nl', 4, 1794133230456, 'written', x'010ad91efb252feb45aed77cf252213d2e42894845a88794b2139b892ebcd1e44324b7119a502658ccb1796302fec433b56c1b4ecaa03c926f42fdd6e88871045e064131f1cb2fc110a4b972c48a23bb2262b9f98bee43fbea2f0ff32b8df30440dace69c8379d6fb77cfdab169c2a0a441b29ebcbd85996e1d826a52e22fa21c41bd2507a2e3db64594a9f083dee53d923527e773be4c99b6', 'the host was busy', 1794219630456);
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
INSERT INTO events VALUES (1, 1795566711943, 'dumped', '', '', '', '{"k":"v"}');
CREATE INDEX events_of_certificate ON events (certificate, id);
CREATE UNIQUE INDEX attempts_open ON attempts (certificate) WHERE state = 'open';
CREATE INDEX publications_live ON publications (owner) WHERE state <> 'withdrawn';
CREATE INDEX publications_of_provider ON publications (provider, revision);
