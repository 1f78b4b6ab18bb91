PRAGMA application_id = 1684369525;
CREATE TABLE migrations (version BIGINT PRIMARY KEY, name TEXT NOT NULL, applied BIGINT NOT NULL);
INSERT INTO migrations VALUES (1, '0001_rows.sql', 1795562955663);
INSERT INTO migrations VALUES (2, '0002_claims_events.sql', 1795562955677);
CREATE TABLE installation (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
);
INSERT INTO installation VALUES ('key', x'010ad91efb252feb45d7baa8d62d0810cc5c24d4fabe67774090e96bdfa4dbae15e8e6ca5d8ac2e6bc5c9fda95f6217ea7736a83fad8a5e7bb2bb325edb4fd6ae46da753fbe14c4588867196f19012a6e2c258c698995dbb052b06d797bbfa48d6e2bc554e9832ece70d54497d0128d9a727fb9b4359d6209b89b1d0edc3079a1b');
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
INSERT INTO accounts VALUES (1, 'default', 'https://ca.example/dir', 'a@example.org', 'https://ca.example/acct/1', x'010ad91efb252feb4573e573245dce1719f68b2b0b4c40f6211ab58ad797b556b8b7a0c54cb2b1366ba510250d9210680a380a7e959ed3692638386912c84d8b5bbf7baa8038b5b1c21bbd5b75a673350fc02a65f426bba784085b8a0255bd882fb38f16d44c18e7c952affc85fa32953ddfbb0edae8954cae3bbfcdfffa0aaf675cf35186c949f3ce49f8093442adefe7b5115b04f129bbf0aca8b036f95918c8057015205f34f25a9f07d394f22d7704cd86cc935275f7', 'kid-1', x'010ad91efb252feb457751e5f55fe8bf428c767ce5bd2b28d01126920bc225842778c491a10c091451107fc1664ce8f123df76cd06fbcacb749e79f9211260e1a9df219d10dfeebaa9a7f89403ac2a8956a5ee3574ee2ba55020f504239fbc34de11da6099f3d56315d80e44cb9148d5bd548fd5f58c9c3e677ad7', 'https://ca.example/terms', 1793528430456);
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
INSERT INTO providers VALUES ('desec-martdj', 1, x'010ad91efb252feb45892a139e9b3619586d354df931e2b0a255e641ee0566a10be07ecb1538c05289d6450830e2a2b73cfbaffb7ced3b7aff7bef6acd6d7c9d4bf3a59829fd50068c45c69f8700ff8d952642a1ece6d465511653fa36bc04243c58398912a4207e567090a56c6f5ae34fd10389c86d0eb499c42d1174573803a7bd002f805e57e1bd4bd559bbae1192a33e05395ba76a66fb69d943aa9993fc27ed', 'desec', 1, 0, 1793701230456);
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
INSERT INTO certificate_versions VALUES ('demohub.martdj.nl', 1, x'50454d2031', x'', '01ff', 1793874030456, 1795602030456, 1795562955692);
INSERT INTO certificate_versions VALUES ('demohub.martdj.nl', 2, x'50454d2032', x'010ad91efb252feb4592d595f5cfce9cbad8a55995b7d6a81e9dc22a94618378d914d063fd114c3654eacf7b3dcea8981008baaa988dd7e5eefcd6aab22fed9fc2c6165206f201ecd33b870f7e3e9293f230023781328ae9e7be702524274ba87c90e176ba43c36c8544b9206864a4940a318467b0be00c8a98e21883fe03e731d0127ec9e1168c78b2aa0cde05af2ad34f360d832c18ff7a0396b77fa0c2c975c2ebcae1fce625e324c3e425f54e82df764b589f41f02e3d6d9ca99', '02ff', 1793874030456, 1795602030456, 1795562955693);
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
);
INSERT INTO attempts VALUES (1, 'demohub.martdj.nl', 'default', '["demohub.martdj.nl","*.demohub.martdj.nl"]', x'010ad91efb252feb4550014e6e1ee55099b1fa6ec5db5b774b327e99e51480b8af3b4c0be3fb52f57641ba83bb46ad29c120c601d2c9f261eb97bdfcbe45cb18b06bd0bcf8296bb833cb854956ca9739c3d242c95058f6ba0892a0d341495f9981425a36fa862d381430116a36ee288d9f83b433c6a89d948e47dbf583544bbefe33a29ca4eeb6cc284ec7d7555a13e4cbe33dd3da27f7fa7b52408b3d00aac67721ce21c5599d6e947e84e5c64bc440867f3ac7c05645774736acb6', 'aki.serial', 1, 'https://ca.example/order/7', 1, 'open', 'late', 1794046830456);
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
INSERT INTO publications VALUES (1, 'desec-martdj', 1, 'martdj.dedyn.io', 'validation.martdj.dedyn.io', 'martdj.nl', 'demohub.martdj.nl', 'LoqXcYV8q5ONbJQxbmR7SCTNo3tiAXDfowyjxAjEuX0', 'demohub.martdj.nl', 'certificate/demohub.martdj.nl', 4, 1794133230456, 'written', x'010ad91efb252feb45637ff4bfdb4208f12a407726681e74710f49a83fae55d5fa16ad0097310786f5a3dd52230987dd9420ed79c4a3dae73072ab51027ae20bcf83f8a8153decd31d1ad5079e80dfd390ec3c34b3be97fdd511996e6c0d15cf285c99603597e99dae7212e4692f55c51cb2b6fd8e24c6a4f3a1f8349b5b155a72498728adc2f62378f662adfbe2c5ed63766b9d1e4a800e0c', 'the host was busy', 1794219630456);
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
INSERT INTO events VALUES (1, 1795562955714, 'dumped', '', '', '', '{"k":"v"}');
CREATE INDEX events_of_certificate ON events (certificate, id);
CREATE UNIQUE INDEX attempts_open ON attempts (certificate) WHERE state = 'open';
CREATE INDEX publications_live ON publications (owner) WHERE state <> 'withdrawn';
CREATE INDEX publications_of_provider ON publications (provider, revision);
