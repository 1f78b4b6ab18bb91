PRAGMA application_id = 1684369525;
CREATE TABLE migrations (version BIGINT PRIMARY KEY, name TEXT NOT NULL, applied BIGINT NOT NULL);
INSERT INTO migrations VALUES (1, '0001_rows.sql', 1795562922166);
CREATE TABLE installation (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
);
INSERT INTO installation VALUES ('key', x'010ad91efb252feb4569e91545a1b7beac9c3225d58d471585ea7cc6cf88102d9f5685ae18601dda0446defbba6a4cead65e743ac1bf6cf747292e267277dd3175c96cfe2dc16cbc8a2ac1ffcd0a5d13c8ee46ccc913699c53c7f71448b76939e016884706f8e1eaaced8b0d7264447e3856cb8c1a2d31bba673756c75445b2d96');
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
INSERT INTO accounts VALUES (1, 'default', 'https://ca.example/dir', 'a@example.org', 'https://ca.example/acct/1', x'010ad91efb252feb45b10b849402f7b3d7b337805a8cee25b1d8369d9bbe37b5c6bad0531aaced671ead4da78233f9c96128970a9e69b0cc92c7eb20e9437fa486413afa1dbd66e7861a8177ddcf1daed1de8e83c8aed507931e76dc7709cb672f7dc9f16c900ab29ef3401202e6253c9a512bd7060c03527d2ad5b0b7d38c11e0d8f3ed0b5384391b4a149ea8ac23f074cf778c7c3f6db4db06f08c99185b670d1b09883925ee1b189b03cbc7acd6cd0ad3118e096ed90d', 'kid-1', x'010ad91efb252feb453362fb928e2b0ecbf05e251f780e523466930c047f61d4e38c926f74bf481f620034fe45799b457186a1fa7e538bdb98c2793fa903a59c251ec8780c9553a8b7642ed5c2ccb16616be37a76779c698f3e0180576e860027cdfbe98108442cd71c423c822ee06b9409ee9c1e6cd3d20cc850c', 'https://ca.example/terms', 1793528430456);
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
INSERT INTO providers VALUES ('desec-martdj', 1, x'010ad91efb252feb452fcf2f06fa91a85612fa5e6184bc42170a104c2670f20528f2ac9a51cc6f7ce69fbaa60c3c9d4b2580f68d56281ebf20ec15ecd12cb8d2e8e8a3f27bbab55aa7d468172e4ce933f6beefd79f1b1b26d5f02106cf634e5645f8c8ae8a73881d8f4be44661b4b618e626037da859ef840e80ea1263b53bfddb588ce0109e8f67bc75a16926c031e898668bb74ce59d71f8199c3ef1f47cfc02c8', 'desec', 1, 0, 1793701230456);
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
INSERT INTO certificate_versions VALUES ('demohub.martdj.nl', 1, x'50454d2031', x'', '01ff', 1793874030456, 1795602030456, 1795562922171);
INSERT INTO certificate_versions VALUES ('demohub.martdj.nl', 2, x'50454d2032', x'010ad91efb252feb45169a3d261d77e6467f106c862f6ef249c33c22b479b07d737954ca3a5b8ba5617eda138895b0aa9448c38abff1fdf0a826f7d63200ce078a632cbfa434236141fa83eb33137ecc71d8b22d078fce2261b83a46e8dba1569e7d8cd253237224529035398b28ddfd7526642d156e25cc451cac72f33673ef484cff7810d8a2c8a25ce70adc6e28ae18aeb745d5220098fce9d90a07c66630f3f02fc841e3274d93ea4d36a476561dd691b1c80f77d3b0c7c26597', '02ff', 1793874030456, 1795602030456, 1795562922172);
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
INSERT INTO attempts VALUES (1, 'demohub.martdj.nl', 'default', '["demohub.martdj.nl","*.demohub.martdj.nl"]', x'010ad91efb252feb4531844a3a38f7baa048805803efcd3cde0eef41f8ecfb9494fa5e60f8bae52f365a15cda4cc10ccec6bd2012455188b747366e5da9ecc043ebabe141e6700240cd3ce5c8a2062337d4ac2b095e9be559535e951572c49fa520debe3e3d9b12431754af90a6599c0e228ed926ff2539f37751316c1c0d4d130fe89f97f492263abc25ecc93ae07dc52df016f361ec633e0ecc3358451a728217ce6ebaa121d9dea592f4990fbf881324e5b14acce8409100879ab', 'aki.serial', 1, 'https://ca.example/order/7', 1, 'open', 'late', 1794046830456);
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
INSERT INTO publications VALUES (1, 'desec-martdj', 1, 'martdj.dedyn.io', 'validation.martdj.dedyn.io', 'martdj.nl', 'demohub.martdj.nl', 'LoqXcYV8q5ONbJQxbmR7SCTNo3tiAXDfowyjxAjEuX0', 'demohub.martdj.nl', 'certificate/demohub.martdj.nl', 4, 1794133230456, 'written', x'010ad91efb252feb4503a30b9c5b327b44992d0b8b5235d9f6d8de72233dfa9c13483d3645122cb81265c56f05fe2e649fb0879fd7348c50303f99987b7b46cdbcd6e1813a9d5e2185d56338964808cc2ddd292cef3c4d92dafb98e42486be9bfddd50498c5fa95232df1216e967c0d8388f04b6b448b14dc38d090c7610af3be24dc5144e06dc132113ee5da2e2051f014265cd2058dd22dd', 'the host was busy', 1794219630456);
CREATE TABLE planned_targets (
    tenant  TEXT NOT NULL,
    name    TEXT NOT NULL,
    target  TEXT NOT NULL UNIQUE,
    created BIGINT NOT NULL,
    PRIMARY KEY (tenant, name)
);
INSERT INTO planned_targets VALUES ('', 'demohub.martdj.nl', 'k3x7.martdj.dedyn.io', 1794306030456);
