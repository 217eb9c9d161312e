-- A campaign file of format 1, as SQLite's dump of it.
PRAGMA application_id = 1212501324;
PRAGMA user_version = 1;
BEGIN TRANSACTION;
CREATE TABLE claims (
    candidate TEXT NOT NULL PRIMARY KEY,
    experiment TEXT NOT NULL UNIQUE
) WITHOUT ROWID;
INSERT INTO "claims" VALUES('anion O0.571429; cation Mn0.171429 Ni0.114286; mobile Zn0.142857','P004');
INSERT INTO "claims" VALUES('anion O0.571429; cation Mn0.214286 Ni0.071429; mobile Zn0.142857','P001');
INSERT INTO "claims" VALUES('anion O0.571429; cation Mn0.285714; mobile Zn0.142857','C001');
CREATE TABLE events (
    sequence INTEGER PRIMARY KEY,
    time TEXT NOT NULL,
    who TEXT,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    hash TEXT NOT NULL
);
INSERT INTO "events" VALUES(1,'2026-03-02T08:30:00.000125+00:00','Ada','created','{"conditions":{"capacity_c_rate":0.1,"retention_cycles":100,"role":"cathode","working_ion":"Zn"},"name":"zn_spinel","settings":{"seed":7},"space":{"elements":{"Mn":[0.5,2.0],"Ni":[0.0,1.0]},"objectives":["capacity_mAh_g:max","retention_pct:max"],"step":0.05,"template":"Zn[{M}]2O4"},"space_sha256":"ff2a1ef6b796d1844ae136a8c8329017075aaa0ee92623c77ebc33abdd191860","wanted":["capacity_mAh_g","retention_pct"]}','976ecf0f45ec0366f7c74a52caaf2bcee3249fc23b8f465cba77a007c38fc508');
INSERT INTO "events" VALUES(2,'2026-03-03T11:30:00.000202+00:00',NULL,'proposed','{"batch":1,"computed_from":1,"proposals":[{"conditions":{},"formula":"ZnMn1.5Ni0.5O4","id":"P001","key":"anion O0.571429; cation Mn0.214286 Ni0.071429; mobile Zn0.142857","predicted":{"capacity_mAh_g":[180.5,210.25,240.0]},"rank":12,"why":"high capacity"},{"conditions":{},"formula":"ZnMn1.4Ni0.6O4","id":"P002","key":"anion O0.571429; cation Mn0.200000 Ni0.085714; mobile Zn0.142857","predicted":{"capacity_mAh_g":[180.5,210.25,240.0]},"rank":13,"why":"high capacity"},{"conditions":{},"formula":"ZnMn1.3Ni0.7O4","id":"P003","key":"anion O0.571429; cation Mn0.185714 Ni0.100000; mobile Zn0.142857","predicted":{"capacity_mAh_g":[180.5,210.25,240.0]},"rank":14,"why":"high capacity"},{"conditions":{},"formula":"ZnMn1.2Ni0.8O4","id":"P004","key":"anion O0.571429; cation Mn0.171429 Ni0.114286; mobile Zn0.142857","predicted":{"capacity_mAh_g":[180.5,210.25,240.0]},"rank":1180591620717411303424,"why":"high capacity"}]}','c74c3baa1b0c19519bcdea8a8dca64834379c4c666749167a77c20500d557143');
INSERT INTO "events" VALUES(3,'2026-03-04T14:30:00.000279+00:00','Bo','accepted','{"experiment":"P001","note":""}','ffe922811a34c9103e0b03dd8b00db016d134af411146253c87e20a5302cb356');
INSERT INTO "events" VALUES(4,'2026-03-05T17:30:00.000356+00:00','Bo','skipped','{"experiment":"P002","reason":"no nickel, ü"}','12114242d822be212a4b9ab87cfe243497ce41f4b44f01181683a49c04746208');
INSERT INTO "events" VALUES(5,'2026-03-06T20:30:00.000433+00:00','Bo','measured','{"conditions":{},"experiment":"P001","formula":"","key":"","note":"","values":{"capacity_mAh_g":231.4}}','0d2ac89b4c5e76faf752c85f4548c87bcc7f036351deb3667d60df23648f590a');
INSERT INTO "events" VALUES(6,'2026-03-07T23:30:00.000510+00:00','Bo','measured','{"conditions":{"sample":"A"},"experiment":"P001","formula":"","key":"","note":"","values":{"retention_pct":91.5}}','46a37ac5dfca681f78b6c0253ca6936c696d8dca01aa83d403febe68ba36e9b2');
INSERT INTO "events" VALUES(7,'2026-03-09T02:30:00.000587+00:00','Bo','failed','{"experiment":"P003","failure":"second_phase","formula":"","key":"","note":"NiO in XRD"}','c03556c0652afa7d615d04631bac2678e092b1dcb60545b97ee1749bc147c7e1');
INSERT INTO "events" VALUES(8,'2026-03-10T05:30:00.000664+00:00',NULL,'measured','{"conditions":{},"experiment":"C001","formula":"ZnMn2O4","key":"anion O0.571429; cation Mn0.285714; mobile Zn0.142857","note":"","values":{"capacity_mAh_g":190.0}}','ceeab3582f523a368a03cd5a9594a92f8466d8af4412dad0f22718936fb7b5db');
INSERT INTO "events" VALUES(9,'2026-03-11T08:30:00.000741+00:00',NULL,'corrected','{"conditions":{},"failure":"","note":"mass of the electrode","sequence":5,"values":{"capacity_mAh_g":213.4}}','1f6889ad4cc4f73d1c36b08cc52905940c0ce432f15e6773f151e005a2c42c6f');
INSERT INTO "events" VALUES(10,'2026-03-12T11:30:00.000818+00:00',NULL,'withdrawn','{"experiment":"","reason":"weighed wrongly","sequence":7}','c358d85e10012daee0ac53acaccadd2bafa1cea8c93613007d8dcf07107b4218');
INSERT INTO "events" VALUES(11,'2026-03-13T14:30:00.000895+00:00',NULL,'withdrawn','{"experiment":"P003","reason":"powder lost","sequence":0}','4e1c1ccce696f3a04b73294d91214f877f828c07b27f1ef31d3168eba96ad1f1');
CREATE TABLE head (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    sequence INTEGER NOT NULL,
    hash TEXT NOT NULL
);
INSERT INTO "head" VALUES(1,11,'4e1c1ccce696f3a04b73294d91214f877f828c07b27f1ef31d3168eba96ad1f1');
CREATE TRIGGER events_never_change BEFORE UPDATE ON events
BEGIN
    SELECT RAISE(ABORT, 'events are never changed; correct them by a further event');
END;
CREATE TRIGGER events_never_go BEFORE DELETE ON events
BEGIN
    SELECT RAISE(ABORT, 'events are never deleted; withdraw them by a further event');
END;
CREATE TRIGGER events_have_no_gaps BEFORE INSERT ON events
WHEN NEW.sequence IS NOT (SELECT COALESCE(MAX(sequence), 0) + 1 FROM events)
BEGIN
    SELECT RAISE(ABORT, 'events are numbered without gaps');
END;
COMMIT;
