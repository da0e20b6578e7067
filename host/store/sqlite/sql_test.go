package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"qvat/host/store"
	"qvat/host/store/sqlite"
)

// TestHostileSQL runs statements that must all be refused, in both kinds of
// transaction, and shows that the store is none the worse.
func TestHostileSQL(t *testing.T) {
	t.Parallel()
	s := open(t, sqlite.Options{})
	sc := script{t, s}
	sc.write("a", `1`)
	exclusively(t, s, "CREATE TABLE mine (a, b)", "INSERT INTO mine VALUES (1, 2)",
		// What these hide is refused when it would be done.
		"CREATE TABLE trap (a)",
		"CREATE VIEW peek AS SELECT * FROM qvat_messages",
		"CREATE TRIGGER trap1 AFTER INSERT ON trap BEGIN DELETE FROM qvat_messages; END",
		"CREATE TRIGGER trap2 BEFORE UPDATE ON trap BEGIN DELETE FROM rows; END",
	)
	for what, statements := range map[string][]string{
		"other files": {
			"ATTACH '/tmp/x.db' AS x", "ATTACH ':memory:' AS x", "DETACH main", "VACUUM", "VACUUM INTO '/tmp/x.db'",
			"SELECT load_extension('x')", "SELECT readfile('/etc/passwd')", "SELECT writefile('/tmp/x', 'x')", "SELECT edit('x')",
			"SELECT * FROM fsdir('/')", "CREATE VIRTUAL TABLE f USING csv(filename='/etc/passwd')",
		},
		"settings": {
			"PRAGMA user_version", "PRAGMA user_version=7", "PRAGMA journal_mode=DELETE", "PRAGMA writable_schema=ON",
			"PRAGMA main.synchronous=OFF", "PRAGMA integrity_check", "SELECT * FROM pragma_user_version",
			"SELECT * FROM pragma_table_info('qvat_messages')", "SELECT * FROM pragma_database_list", "ANALYZE", "REINDEX",
			"REINDEX qvat_messages", "REINDEX rows",
		},
		"transactions": {
			"BEGIN", "BEGIN IMMEDIATE", "COMMIT", "END", "ROLLBACK", "SAVEPOINT s", "RELEASE s", "ROLLBACK TO s",
			"SELECT 1; COMMIT", "COMMIT;", "/* */ COMMIT",
		},
		"the vat's own tables": {
			"SELECT * FROM qvat_messages", "SELECT count(*) FROM qvat_messages", "SELECT 1 FROM QVAT_State", "SELECT * FROM main.qvat_outbox",
			`SELECT * FROM "qvat_programs"`, "SELECT * FROM [qvat_texts]", "SELECT (SELECT seq FROM qvat_state)", "SELECT rowid FROM qvat_outbox",
			"DELETE FROM qvat_messages", "UPDATE qvat_state SET seq=0", "INSERT INTO qvat_outbox VALUES (1,'a','b')",
			"DROP TABLE qvat_messages", "CREATE TABLE qvat_mine (a)", "CREATE VIEW qvat_view AS SELECT 1", "CREATE INDEX qvat_i ON mine (a)",
			"CREATE INDEX i ON qvat_messages (id)", "CREATE TRIGGER i AFTER INSERT ON qvat_messages BEGIN SELECT 1; END",
			"CREATE TABLE copy AS SELECT * FROM qvat_messages", "INSERT INTO mine SELECT num, id FROM qvat_messages",
			"ALTER TABLE mine RENAME TO qvat_mine", "ALTER TABLE qvat_messages RENAME TO mine2", "ALTER TABLE mine ADD COLUMN c",
			"WITH q AS (SELECT * FROM qvat_messages) SELECT * FROM q", "SELECT * FROM peek", "INSERT INTO trap VALUES (1)",
		},
		"rows, behind the store's back": {
			"INSERT INTO rows VALUES ('t','b','1')", "UPDATE rows SET value='2'", "DELETE FROM rows", "REPLACE INTO rows VALUES ('t','a','2')",
			"DROP TABLE rows", "DROP TABLE Rows", "ALTER TABLE rows RENAME TO r", "CREATE INDEX ri ON rows (json_extract(value,'$'))",
			"CREATE TRIGGER tr AFTER INSERT ON rows BEGIN SELECT 1; END",
			"UPDATE trap SET a=1",
			"CREATE TRIGGER tr INSTEAD OF INSERT ON rows BEGIN SELECT 1; END", "CREATE VIEW rows AS SELECT 1",
		},
		"the schema": {
			"UPDATE sqlite_schema SET sql='x'", "DELETE FROM sqlite_master", "INSERT INTO sqlite_schema VALUES ('table','x','x',0,'x')",
			"SELECT * FROM sqlite_dbpage", "SELECT * FROM dbstat", "SELECT * FROM sqlite_stmt", "SELECT * FROM sqlite_stat1",
			"DROP TABLE sqlite_schema", "SELECT * FROM temp.sqlite_schema",
		},
		"virtual and temporary tables": {
			"CREATE VIRTUAL TABLE f USING fts5(a)", "CREATE VIRTUAL TABLE r USING rtree(a,b,c)", "CREATE VIRTUAL TABLE d USING dbstat",
			"CREATE TEMP TABLE x (a)", "CREATE TEMP VIEW x AS SELECT 1", "CREATE TEMP TRIGGER x AFTER INSERT ON mine BEGIN SELECT 1; END",
			"CREATE TABLE temp.x (a)", "SELECT * FROM generate_series(1,10)", "SELECT * FROM fts5vocab",
		},
		"the clock": {
			"SELECT CURRENT_TIMESTAMP", "SELECT CURRENT_DATE", "SELECT CURRENT_TIME", "SELECT date()", "SELECT date('now')",
			"SELECT datetime('now','localtime')", "SELECT time('now')", "SELECT julianday('now')", "SELECT unixepoch()",
			"SELECT strftime('%s','now')", "SELECT strftime('%s')", "SELECT timediff('now','2000-01-01')", "SELECT unixepoch('subsec')",
			"SELECT * FROM rows WHERE tbl < CURRENT_TIMESTAMP",
		},
		"chance and hidden state": {
			"SELECT random()", "SELECT randomblob(8)", "SELECT hex(randomblob(8))", "SELECT changes()", "SELECT total_changes()",
			"SELECT last_insert_rowid()", "SELECT sqlite_version()", "SELECT sqlite_source_id()", "SELECT sqlite_compileoption_get(0)",
			"SELECT sqlite_offset(key) FROM rows", "SELECT key FROM rows ORDER BY random()", "SELECT sqlite_log(1,'x')",
			"SELECT fts5(1)", "SELECT unhex('00')", "SELECT subtype('x')",
		},
		"too much": {
			"SELECT " + strings.Repeat("(", 200) + "1" + strings.Repeat(")", 200),
			"SELECT " + strings.Repeat("1+", 5000) + "1",
			"SELECT " + strings.Repeat("1,", 300) + "1",
			"SELECT 1" + strings.Repeat(" UNION ALL SELECT 1", 100),
			"SELECT 'x' LIKE '" + strings.Repeat("%x", 100) + "'",
			"SELECT zeroblob(100000000)", "SELECT printf('%*d', 100000000, 1)", "SELECT hex(zeroblob(1000000))",
			"SELECT replace(printf('%*d', 1000000, 1), ' ', printf('%*d', 1000000, 1))",
			"SELECT group_concat(value) FROM json_each(replace(printf('[%*d]', 100000, 1), ' ', '1234567890,'))",
			"SELECT max(" + strings.Repeat("1,", 200) + "1)",
			"SELECT '" + strings.Repeat("[", 1001) + "'->0",
		},
	} {
		t.Run(what, func(t *testing.T) {
			for _, text := range statements {
				for kind, begin := range map[string]func(context.Context) (store.Tx, error){"ordinary": s.Begin, "exclusive": s.BeginExclusive} {
					refuse(t, kind, text, begin)
				}
			}
		})
	}
	if got := sc.get(sc.begin(), "a"); got != `1` {
		t.Errorf("a is %s", got)
	}
}

func refuse(t *testing.T, kind, text string, begin func(context.Context) (store.Tx, error)) {
	t.Helper()
	tx, err := begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	rows, err := tx.SQL().Query(t.Context(), text, nil)
	if kind == "ordinary" && errors.Is(err, store.ErrExclusive) {
		return // and in an exclusive one it is refused
	}
	var fault *store.SQLError
	if !errors.As(err, &fault) {
		t.Errorf("%s, %.100s: %v, %v; want an SQLError", kind, text, rows, err)
	}
	if _, _, err := tx.Get(t.Context(), "t", "a"); err != nil {
		t.Errorf("%s, after %.100s: %v", kind, text, err)
	}
}

// exclusively runs statements in one exclusive transaction.
func exclusively(t *testing.T, s *sqlite.Store, statements ...string) {
	t.Helper()
	tx, err := s.BeginExclusive(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	for _, text := range statements {
		if _, err := tx.SQL().Query(t.Context(), text, nil); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	if err := tx.Commit(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
}

// TestHiddenClock hides a clock, and chance, where no statement names them.
func TestHiddenClock(t *testing.T) {
	s := open(t, sqlite.Options{})
	for _, hidden := range []string{"CURRENT_TIMESTAMP", "(random())", "(datetime('now'))", "(changes())"} {
		tx, err := s.BeginExclusive(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err = tx.SQL().Query(t.Context(), "CREATE TABLE h (a, b DEFAULT "+hidden+")", nil); err == nil {
			_, err = tx.SQL().Query(t.Context(), "INSERT INTO h (a) VALUES (1)", nil)
		}
		if err == nil {
			rows, err := tx.SQL().Query(t.Context(), "SELECT b FROM h", nil)
			t.Errorf("DEFAULT %s: %v, %v", hidden, rows, err)
		}
		tx.Rollback()
	}
}

// TestOwnTables makes, fills, changes and drops what SQL may.
func TestOwnTables(t *testing.T) {
	s := open(t, sqlite.Options{})
	sc := script{t, s}
	sc.write("a", `{"n":1}`, "b", `{"n":2}`)
	exclusively(t, s,
		"CREATE TABLE mine (id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT UNIQUE, b CHECK (b > 0))",
		"CREATE TABLE IF NOT EXISTS log (what)",
		"CREATE INDEX mine_b ON mine (b)",
		"CREATE UNIQUE INDEX mine_ab ON mine (a, b) WHERE b > 5",
		"CREATE VIEW doubled AS SELECT key, 2*(value->>'n') AS n FROM rows WHERE tbl='t'",
		"CREATE TRIGGER logged AFTER INSERT ON mine BEGIN INSERT INTO log VALUES (new.a); END",
		"INSERT INTO mine (a, b) VALUES ('x', 1), ('y', 2)",
		"INSERT INTO mine (a, b) SELECT key, value->>'n' FROM rows WHERE tbl='t'",
		"UPDATE mine SET b = b + 10 WHERE a = 'y'",
		"DELETE FROM mine WHERE a = 'x'",
		"INSERT INTO mine (a, b) VALUES ('y', 3) ON CONFLICT (a) DO UPDATE SET b = excluded.b",
	)
	sql := func(tx store.Tx, text, want string) {
		t.Helper()
		rows, err := tx.SQL().Query(t.Context(), text, nil)
		if err != nil || fmt.Sprint(rows.Rows) != want {
			t.Errorf("%s: %v, %v; want %s", text, rows, err, want)
		}
	}
	tx := sc.begin()
	sql(tx, "SELECT a, b FROM mine ORDER BY a", "[[a 1] [b 2] [y 3]]")
	sql(tx, "SELECT what FROM log ORDER BY rowid", "[[x] [y] [a] [b]]")
	sql(tx, "SELECT * FROM doubled ORDER BY key", "[[a 2] [b 4]]")
	sc.commits(tx)

	// A view of before stays while SQL changes tables; writing on it conflicts.
	tx = sc.begin()
	sql(tx, "SELECT count(*) FROM mine", "[[3]]")
	exclusively(t, s, "DELETE FROM mine WHERE a='a'")
	sql(tx, "SELECT count(*) FROM mine", "[[3]]")
	sc.set(tx, "c", `1`)
	sc.conflicts(tx)

	exclusively(t, s, "DROP TRIGGER logged", "DROP INDEX mine_b", "DROP VIEW doubled", "DROP TABLE log", "DROP TABLE mine")
	tx = sc.begin()
	sql(tx, "SELECT name FROM sqlite_schema WHERE name NOT LIKE 'qvat%' AND name NOT LIKE 'sqlite%'", "[[rows]]")
}

// TestOrdinarySQLThatWrites is told to come back.
func TestOrdinarySQLThatWrites(t *testing.T) {
	s := open(t, sqlite.Options{})
	exclusively(t, s, "CREATE TABLE mine (a)")
	for _, text := range []string{"INSERT INTO mine VALUES (1)", "CREATE TABLE x (a)", "DELETE FROM mine", "DROP TABLE mine"} {
		tx, err := s.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tx.SQL().Query(t.Context(), text, nil); !errors.Is(err, store.ErrExclusive) {
			t.Errorf("%s: %v", text, err)
		}
		if err := tx.Commit(t.Context(), nil); !errors.Is(err, store.ErrExclusive) {
			t.Errorf("commit after %s: %v", text, err)
		}
	}
}

// TestFailedStatement shows what is left when a statement fails half-way.
func TestFailedStatement(t *testing.T) {
	s := open(t, sqlite.Options{})
	exclusively(t, s, "CREATE TABLE mine (a UNIQUE)", "INSERT INTO mine VALUES (1)")
	tx, err := s.BeginExclusive(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	fail := func(text string) {
		t.Helper()
		var fault *store.SQLError
		if _, err := tx.SQL().Query(t.Context(), text, nil); !errors.As(err, &fault) {
			t.Errorf("%s: %v", text, err)
		}
	}
	count := func(want int64) {
		t.Helper()
		if rows, err := tx.SQL().Query(t.Context(), "SELECT count(*) FROM mine", nil); err != nil || rows.Rows[0][0] != want {
			t.Errorf("%v, %v; want %d", rows, err, want)
		}
	}
	fail("INSERT INTO mine VALUES (2), (1)")
	count(1)
	if _, err := tx.SQL().Query(t.Context(), "INSERT INTO mine VALUES (3)", nil); err != nil {
		t.Fatal(err)
	}
	count(2)
	// This one takes the whole transaction with it, which then cannot commit.
	fail("INSERT OR ROLLBACK INTO mine VALUES (4), (1)")
	if _, _, err := tx.Get(t.Context(), "t", "a"); err == nil {
		t.Error("the transaction goes on after it was rolled back")
	}
	if err := tx.Commit(t.Context(), nil); err == nil {
		t.Error("the transaction commits after it was rolled back")
	}
	tx, err = s.BeginExclusive(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	count(1)
}

// endless are statements that never end, or not in this century.
var endless = []string{
	"WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c) SELECT count(*) FROM c",
	"WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c) SELECT x FROM c WHERE x=1 OR x=-1",
	"WITH RECURSIVE c(x) AS (SELECT 1 UNION SELECT x+1 FROM c) SELECT max(x) FROM c",
	"WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c) SELECT x FROM c ORDER BY x DESC",
	"WITH RECURSIVE c(x,s) AS (SELECT 1, printf('%*d', 500000, 1) UNION ALL SELECT x+1, s||x FROM c) SELECT count(DISTINCT s) FROM c",
	"WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c LIMIT 3000) SELECT count(*) FROM c a, c b, c d",
	"WITH RECURSIVE c(x) AS (SELECT printf('%*d', 200000, 1) UNION ALL SELECT x FROM c) SELECT count(*) FROM c WHERE instr(x, substr(x, 1, 100000) || 'a') > 0",
	"WITH RECURSIVE c(x) AS (SELECT replace(printf('%*d', 200000, 1), ' ', 'a') UNION ALL SELECT x FROM c) SELECT count(*) FROM c WHERE x LIKE '%" + strings.Repeat("a", 100) + "b'",
	"WITH RECURSIVE c(x) AS (SELECT replace(printf('%*d', 200000, 1), ' ', 'a') UNION ALL SELECT x FROM c) SELECT count(*) FROM c WHERE trim(x, x) = ''",
}

// TestEndlessSQL stops statements by their steps, and by their context.
func TestEndlessSQL(t *testing.T) {
	t.Parallel()
	s := open(t, sqlite.Options{SQLSteps: 300_000, SQLTime: 100 * time.Millisecond})
	for _, text := range endless {
		tx, err := s.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var fault *store.SQLError
		if rows, err := tx.SQL().Query(t.Context(), text, nil); !errors.As(err, &fault) || !strings.Contains(err.Error(), "stopped") {
			t.Errorf("%.80s: %v, %v", text, rows, err)
		}
		tx.Rollback()
	}
}

func TestSQLStopsWithItsContext(t *testing.T) {
	s := open(t, sqlite.Options{SQLSteps: 1 << 60, SQLTime: time.Hour})
	for kind, begin := range map[string]func(context.Context) (store.Tx, error){"ordinary": s.Begin, "exclusive": s.BeginExclusive} {
		for _, text := range endless[:2] {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
			tx, err := begin(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := tx.SQL().Query(ctx, text, nil); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s, %.80s: %v", kind, text, err)
			}
			tx.Rollback()
			cancel()
		}
	}
	// A statement that writes takes its whole transaction with it.
	exclusively(t, s, "CREATE TABLE mine (a)")
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	tx, err := s.BeginExclusive(ctx)
	if err != nil {
		t.Fatal(err)
	}
	_, err = tx.SQL().Query(ctx, "INSERT INTO mine WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c) SELECT x FROM c", nil)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("an endless insert: %v", err)
	}
	if err := tx.Commit(t.Context(), nil); err == nil {
		t.Error("it commits")
	}
}

// TestSQLAnswersAreBounded bounds rows and bytes.
func TestSQLAnswersAreBounded(t *testing.T) {
	s := open(t, sqlite.Options{SQLRows: 10, AnswerBytes: 1000, SQLText: 500})
	for _, text := range []string{
		"WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c) SELECT x FROM c LIMIT 11",
		"SELECT printf('%*d', 2000, 1)",
		"SELECT 1 AS " + strings.Repeat("x", 500),
	} {
		tx, err := s.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var limit *store.LimitError
		if rows, err := tx.SQL().Query(t.Context(), text, nil); !errors.As(err, &limit) {
			t.Errorf("%.80s: %v, %v", text, rows, err)
		}
		tx.Rollback()
	}
}
