PRAGMA application_id = 1684369525;
CREATE TABLE migrations (version BIGINT PRIMARY KEY, name TEXT NOT NULL, applied BIGINT NOT NULL);
INSERT INTO migrations VALUES (1, '0001_rows.sql', 1795585740856);
INSERT INTO migrations VALUES (2, '0002_claims_events.sql', 1795585740858);
INSERT INTO migrations VALUES (3, '0003_attempt_profile.sql', 1795585740859);
INSERT INTO migrations VALUES (4, '0004_verdicts.sql', 1795585740860);
INSERT INTO migrations VALUES (5, '0005_looks.sql', 1795585740861);
CREATE TABLE installation (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
);
INSERT INTO installation VALUES ('key', x'010ad91efb252feb45113ac1c1ca2354e9ac4634850eb0f10fe46b2108227a5a665b8f1f18d5da024bc27fed5a57072863cc1862fc7f53e5f6703b5ad07bf93e1fb4c3139ca53ac2c55a3a2aaa74daa9b0d3b754da6de6a25bd00fe1ce1e976655308c78ec4dc4c2de6c327636b1ebe4b4a550e5e05710292e9e1634f90a5c30f5');
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
INSERT INTO accounts VALUES (1, 'default', 'https://ca.example/dir', 'a@example.org', 'https://ca.example/acct/1', x'010ad91efb252feb45a8eb64fc6664117f0c0e8859f16794e37a90ad4ea10a7f482dafa5f5988df89490757e33c42cd4513d39592d295b0b16b995f7c4161b9050a807dcc60682faa32c43b8e5cc56a3c5fe42e8dbd2f7f320094ec80f7f81b22f2169599c5e0ce96d6b31630ba8db2e398aa2ecfac476e2fa21cecfc15feca1296152c52cd53e6dba4d8c648d0cc114b719a57d45d9f53a13a56ca774fe4a0404b8c06e87ef421d9625782c78fc8040e9931b372243177c', 'kid-1', x'010ad91efb252feb45276ca16ecea017333e77e290306bf391d222606527ea4724b607698c392372d2175ca42792391670eff2268f7ad8c9f5e8ab5933420102e21ee3c8d10636c6db9b4a1faa5e10697caa2d7cbdd19081e7d0381dd7ae955141ac81872c740d0d07f7c0c38628201415e97b24b1474135bddbc3', 'https://ca.example/terms', 1793528430456);
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
INSERT INTO providers VALUES ('desec-martdj', 1, x'010ad91efb252feb45a9be0d9499da1537bfe449111e63ab335de167d8fb9b83d774577339e2ccf1347a2f21bb5df60a69a064b095b380b003a3df9d87285b9056e7895b12d0369f99cb047cbb9b1b686231c2b355a54862a27f49ff11eca568f60f30e6ff458560e909040f77d0a13c977517181d2eb1236760c554297e3171e0ea85cac969b7cce7d5b201c60625543e814bb05c2d41a28285d6ad4b8ae9c6ed3f', 'desec', 1, 0, 1793701230456);
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
INSERT INTO certificate_versions VALUES ('demohub.martdj.nl', 1, x'50454d2031', x'', '01ff', 1793874030456, 1795602030456, 1795585740863);
INSERT INTO certificate_versions VALUES ('demohub.martdj.nl', 2, x'50454d2032', x'010ad91efb252feb45643d181454ed22727eacb9271cdbc6810ab49abf8e0e3decdcebaf9f22bf9c47eef4370b16c61e6102488b0b426340e485a64e0effea536b608fc3ba9b45e0d0a4136342cfee101e3aea0a2410490cf56cb9b023804a7801484de3df10d181bdf0356078cd7de44820bb0cc330a076bc790262aff4524c784d3e2d2805914b56aaf678e7f444228a435c67dc21a9bea37c127972546bb66da84f33506970f800a85fa2bf5849122f2bd7f5a6a0aa21ab6e146e', '02ff', 1793874030456, 1795602030456, 1795585740864);
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
INSERT INTO attempts VALUES (1, 'demohub.martdj.nl', 'default', '["demohub.martdj.nl","*.demohub.martdj.nl"]', x'010ad91efb252feb453217ee6eaab582d1538c6870272f27824400ede7908f8cacee2fbe2bc97b8d27f6fb79f150fa9954f047fd83e31863dc5bbde203ae7ffdafb4c9f6c311f2a708825901c396699dff281d4877190a536813a7f9a3551545ca31c57f38d9d23f8f1e357b273fe8e1ec87de8b0df3a53fa48507d3e0ef61bb3a45fe73580fef41155cfc679c844d497e4aad63022ba6a4cb29d71c9028bc348ea153cddf3938f537eee035cfabfac57a7eebd5cbb39c38fa72241d', 'aki.serial', 1, 'https://ca.example/order/7', 1, 'open', 'late', 1794046830456, '');
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
INSERT INTO publications VALUES (1, 'desec-martdj', 1, 'martdj.dedyn.io', 'validation.martdj.dedyn.io', 'martdj.nl', 'demohub.martdj.nl', 'LoqXcYV8q5ONbJQxbmR7SCTNo3tiAXDfowyjxAjEuX0', 'demohub.martdj.nl', 'certificate/demohub.martdj.nl', 4, 1794133230456, 'written', x'010ad91efb252feb454e0a2ba48a6f4b3d2783a34611619aa7fa8ac4249f7d393fe25a2b6d6bff44f332bb97834b1eb74c1c47f8af9983c3f2114eee544f41be65e6487f77369f40c522e875112aa7423d2ea546fd42765b694dbaf026e83a804db0b96bd04b5ae5054e74233a7f5284af10cf2bb695b152e65050abb6dd7369e2e86fdb7bb11fb823336577d4989925083693f264cf2d97ac', 'the host was busy', 1794219630456);
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
INSERT INTO events VALUES (1, 1795585740868, 'dumped', '', '', '', '{"k":"v"}');
CREATE TABLE verdicts (
	digest   TEXT PRIMARY KEY,
	verdict  TEXT NOT NULL,
	provider TEXT NOT NULL,
	tested   BIGINT NOT NULL
);
CREATE TABLE looks (
	id      INTEGER PRIMARY KEY AUTOINCREMENT,
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
CREATE INDEX events_of_certificate ON events (certificate, id);
CREATE UNIQUE INDEX attempts_open ON attempts (certificate) WHERE state = 'open';
CREATE INDEX publications_live ON publications (owner) WHERE state <> 'withdrawn';
CREATE INDEX publications_of_provider ON publications (provider, revision);
CREATE INDEX looks_of_name ON looks (name, id);
