package sqlite

import (
	"errors"
	"fmt"

	"qvat/host/store"
	"qvat/host/store/sqlite/lite"
)

// applicationID marks the file as a vat's database: "qvat" in ASCII.
const applicationID = 0x71766174

// migrations lists the steps that make the schema, each one transaction. Step i
// leads to version i+1. A step that has been released is never changed.
//
// What belongs to the vat is named qvat_; everything else is its programs'.
func migrations() []string {
	return []string{`
CREATE TABLE rows (
	tbl   TEXT NOT NULL,
	key   TEXT NOT NULL,
	value TEXT NOT NULL,                -- JSON
	PRIMARY KEY (tbl, key)
) WITHOUT ROWID;

CREATE TABLE qvat_state (
	id  INTEGER PRIMARY KEY CHECK (id = 1),
	seq INTEGER NOT NULL                -- the newest commit that is here
);
INSERT INTO qvat_state VALUES (1, 0);

CREATE TABLE qvat_messages (
	num      INTEGER PRIMARY KEY,       -- in the order of their commits
	short    INTEGER NOT NULL,          -- the id's first 8 bytes, which keeps the index small
	id       BLOB NOT NULL,
	at       INTEGER NOT NULL,          -- microseconds since 1970
	outcome  TEXT NOT NULL,
	result   TEXT,                      -- JSON; NULL is undefined
	fuel     INTEGER NOT NULL,
	memory   INTEGER NOT NULL,
	micros   INTEGER NOT NULL,
	recorded BLOB
);
CREATE INDEX qvat_messages_short ON qvat_messages (short);

CREATE TABLE qvat_failures (
	num      INTEGER PRIMARY KEY,
	short    INTEGER NOT NULL,
	id       BLOB NOT NULL,
	at       INTEGER NOT NULL,
	outcome  TEXT NOT NULL,
	result   TEXT,
	fuel     INTEGER NOT NULL,
	memory   INTEGER NOT NULL,
	micros   INTEGER NOT NULL,
	recorded BLOB
);

CREATE TABLE qvat_outbox (
	id      INTEGER PRIMARY KEY,        -- the commit's seq << 16, and the place in the commit
	kind    TEXT NOT NULL,
	payload BLOB NOT NULL
);

CREATE TABLE qvat_programs (
	id   INTEGER PRIMARY KEY,
	hash BLOB NOT NULL,
	size INTEGER NOT NULL,
	peer TEXT,                          -- who sent it; NULL when a root-signed message has used it
	used INTEGER NOT NULL               -- seconds since 1970, now and then
);
CREATE TABLE qvat_texts (
	id   INTEGER PRIMARY KEY,           -- of qvat_programs, whose rows stay small this way
	text TEXT NOT NULL
);
`, `
CREATE TABLE qvat_rows (                -- of the vat's own tables, out of reach of SQL
	tbl   TEXT NOT NULL,
	key   TEXT NOT NULL,
	value TEXT NOT NULL,                -- JSON
	PRIMARY KEY (tbl, key)
) WITHOUT ROWID;
`, `
CREATE INDEX qvat_outbox_kind ON qvat_outbox (kind, id);
-- Names that begin with qvat: were programs' once, and are out of their reach now.
UPDATE rows SET tbl = 'was-' || tbl WHERE tbl >= 'qvat:' AND tbl < 'qvat;';
`}
}

// migrate brings the database to the newest version, from an empty file or from
// any version before.
func migrate(c *lite.Conn) error {
	version, err := queryInt(c, "PRAGMA user_version")
	if err != nil {
		return err
	}
	application, err := queryInt(c, "PRAGMA application_id")
	if err != nil {
		return err
	}
	objects, err := queryInt(c, "SELECT count(*) FROM sqlite_schema")
	if err != nil {
		return err
	}
	steps := migrations()
	switch {
	case version > int64(len(steps)):
		return fmt.Errorf("%w: its schema is version %d, this program knows %d", store.ErrNewer, version, len(steps))
	case application != applicationID && objects != 0:
		return fmt.Errorf("the file is a database, but not a vat's: move it away, or name another directory")
	}
	for i := int(version); i < len(steps); i++ {
		step := fmt.Sprintf("BEGIN IMMEDIATE; %s; PRAGMA application_id=%d; PRAGMA user_version=%d; COMMIT", steps[i], applicationID, i+1)
		if err := c.Exec(step); err != nil {
			if c.InTransaction() {
				err = errors.Join(err, c.Exec("ROLLBACK"))
			}
			return fmt.Errorf("bring the schema to version %d: %w", i+1, err)
		}
	}
	return nil
}

// queryInt answers a statement of one integer.
func queryInt(c *lite.Conn, text string) (n int64, err error) {
	s, err := c.Prepare(text)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	more, err := s.Step()
	if err == nil && !more {
		err = fmt.Errorf("%q answered nothing", text)
	}
	if err != nil {
		return 0, err
	}
	return s.ColumnInt(0), nil
}
