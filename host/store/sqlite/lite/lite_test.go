package lite_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"qvat/host/store/sqlite/lite"
)

func open(t *testing.T) *lite.Conn {
	t.Helper()
	c, err := lite.Open(filepath.Join(t.TempDir(), "x.db"), 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil { // it fails when a statement is still there
			t.Error(err)
		}
	})
	return c
}

// row runs a statement of one row.
func row(t *testing.T, c *lite.Conn, text string, bind func(*lite.Stmt) error, look func(*lite.Stmt)) error {
	t.Helper()
	s, err := c.Prepare(text)
	if err != nil {
		return err
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	if bind != nil {
		if err := bind(s); err != nil {
			t.Fatal(err)
		}
	}
	more, err := s.Step()
	if err == nil && more && look != nil {
		look(s)
	}
	return err
}

// TestValues carries values of every type, small and large, in and out.
func TestValues(t *testing.T) {
	c := open(t)
	s, err := c.Prepare("SELECT ?, ?, ?, ?, ?, ?")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, n := range []int{0, 1, 100, 500, 1023, 1024, 1025, 5000, 1 << 20} {
		for _, x := range []int64{0, -1, math.MaxInt64, math.MinInt64} {
			text, blob := strings.Repeat("ä\x00", n)[:n], bytes.Repeat([]byte{0, 0xff}, n)[:n]
			err := errors.Join(s.Int(1, x), s.Float(2, float64(x)/3), s.Text(3, text), s.Blob(4, blob), s.Null(5), s.TextBytes(6, []byte(text)))
			if err != nil {
				t.Fatal(err)
			}
			if more, err := s.Step(); err != nil || !more {
				t.Fatal(more, err)
			}
			types := fmt.Sprint(s.ColumnType(0), s.ColumnType(1), s.ColumnType(2), s.ColumnType(3), s.ColumnType(4), s.ColumnType(5))
			if types != fmt.Sprint(lite.Integer, lite.Real, lite.Text, lite.Blob, lite.Null, lite.Text) {
				t.Errorf("types %s", types)
			}
			if s.ColumnInt(0) != x || s.ColumnFloat(1) != float64(x)/3 || s.ColumnText(2) != text || !bytes.Equal(s.ColumnBytes(3), blob) ||
				s.ColumnBytes(4) != nil || s.ColumnText(5) != text || s.ColumnSize(2) != n {
				t.Errorf("with %d bytes and %d: the values came back as others", n, x)
			}
			s.Reset()
		}
	}
}

func TestOneStatement(t *testing.T) {
	c := open(t)
	for text, want := range map[string]error{
		"SELECT 1":                          nil,
		"SELECT 1;":                         nil,
		" ;; ":                              lite.ErrNoStatement,
		"":                                  lite.ErrNoStatement,
		"-- only this":                      lite.ErrNoStatement,
		"SELECT 1; -- and ; that\n /* ; */": nil,
		"SELECT ';'; ; ;":                   nil,
		"SELECT 1; SELECT 2":                lite.ErrManyStatements,
		"SELECT 1;; -- x\n SELECT 2; ":      lite.ErrManyStatements,
	} {
		s, err := c.Prepare(text)
		if !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", text, err, want)
		}
		if err == nil {
			s.Close()
		}
	}
	if _, err := c.Prepare("SELECT 1; NONSENSE"); err == nil {
		t.Error("nonsense after a statement was taken")
	}
}

func TestErrors(t *testing.T) {
	c := open(t)
	if err := c.Exec("CREATE TABLE t (a UNIQUE); INSERT INTO t VALUES (1)"); err != nil {
		t.Fatal(err)
	}
	for text, is := range map[string]func(error) bool{
		"NONSENSE":                 lite.IsStatementFault,
		"INSERT INTO t VALUES (1)": lite.IsStatementFault,
		"SELECT zeroblob(1<<40)":   lite.IsStatementFault,
	} {
		if err := c.Exec(text); !is(err) {
			t.Errorf("%s: %v", text, err)
		}
	}
	if err := c.Exec("PRAGMA max_page_count=4; INSERT INTO t VALUES (zeroblob(100000))"); !lite.IsFull(err) {
		t.Errorf("no room: %v", err)
	}
	if lite.IsFull(nil) || lite.IsBusy(errors.New("x")) {
		t.Error("what is no error of SQLite's is taken for one")
	}
	if _, err := lite.Open(t.TempDir(), 0); err == nil {
		t.Error("a directory was opened")
	}
}

// TestGuard stops statements before the first row and between two rows, and
// counts the same steps each time.
func TestGuard(t *testing.T) {
	c := open(t)
	const count = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c) "
	run := func(text string) error {
		s, err := c.Prepare(text)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		return s.Run()
	}
	stop := 0
	for text, bounds := range map[string]lite.Bounds{
		count + "SELECT count(*) FROM c":            {Steps: 100_000},
		count + "SELECT x FROM c WHERE x=1 OR x=-1": {Steps: 100_000},
		count + "SELECT x FROM c ORDER BY x DESC":   {Steps: 100_000},
		count + "SELECT sum(x) FROM c":              {Stop: func() bool { stop++; return stop > 100 }},
	} {
		c.Guard(bounds)
		err := run(text)
		c.Unguard()
		if !lite.IsInterrupted(err) {
			t.Errorf("%s, %+v: %v", text, bounds, err)
		}
	}
	var took []int64
	for range 3 {
		c.Guard(lite.Bounds{})
		if err := run(count + "SELECT x FROM c LIMIT 1000"); err != nil {
			t.Error(err)
		}
		took = append(took, c.Unguard())
	}
	if took[0] < 1000 || took[0] != took[1] || took[1] != took[2] {
		t.Errorf("steps: %v", took)
	}
	if err := run(count + "SELECT x FROM c LIMIT 100000"); err != nil {
		t.Errorf("without a guard: %v", err)
	}
}

func TestAuthorize(t *testing.T) {
	c := open(t)
	if err := c.Exec("CREATE TABLE t (a); CREATE VIEW v AS SELECT a FROM t"); err != nil {
		t.Fatal(err)
	}
	before, err := c.Prepare("DELETE FROM t")
	if err != nil {
		t.Fatal(err)
	}
	defer before.Close()
	var seen []lite.Access
	if err := c.Authorize(func(a lite.Access) bool { seen = append(seen, a); return a.Action != lite.Delete }); err != nil {
		t.Fatal(err)
	}
	if err := row(t, c, "SELECT upper(a) FROM v", nil, nil); err != nil {
		t.Error(err)
	}
	for _, want := range []lite.Access{{Action: lite.Call, Arg2: "upper"}, {Action: lite.Read, Arg1: "t", Arg2: "a", Via: "v"}} {
		found := false
		for _, a := range seen {
			found = found || a == want
		}
		if !found {
			t.Errorf("nobody asked about %+v: %+v", want, seen)
		}
	}
	if err := row(t, c, "DELETE FROM t", nil, nil); err == nil {
		t.Error("what is not allowed was compiled")
	}
	if err := before.Run(); err == nil {
		t.Error("what was compiled before is not asked about again")
	}
	if err := c.Authorize(nil); err != nil {
		t.Fatal(err)
	}
	if err := before.Run(); err != nil {
		t.Errorf("when everything is allowed again: %v", err)
	}
}

func TestFunctions(t *testing.T) {
	c := open(t)
	err := errors.Join(
		c.Forbid("random", 0, "no chance"),
		c.Define("glue", -1, func(args []string) lite.Result { return lite.Result{Text: strings.Join(args, "|")} }),
		c.Define("size", 1, func(args []string) lite.Result { return lite.Result{IsInt: true, Int: int64(len(args[0]))} }),
		c.Define("long", 0, func([]string) lite.Result { return lite.Result{TooLong: true} }),
	)
	if err != nil {
		t.Fatal(err)
	}
	err = row(t, c, "SELECT glue('a', 1, 'ä'), size(?), glue('x', NULL)", func(s *lite.Stmt) error { return s.Text(1, "a\x00b") }, func(s *lite.Stmt) {
		if s.ColumnText(0) != "a|1|ä" || s.ColumnInt(1) != 3 || s.ColumnType(2) != lite.Null {
			t.Errorf("%q, %d, %v", s.ColumnText(0), s.ColumnInt(1), s.ColumnType(2))
		}
	})
	if err != nil {
		t.Error(err)
	}
	if err := row(t, c, "SELECT random()", nil, nil); err == nil || !strings.Contains(err.Error(), "no chance") {
		t.Errorf("random: %v", err)
	}
	if err := row(t, c, "SELECT long()", nil, nil); !lite.IsStatementFault(err) {
		t.Errorf("long: %v", err)
	}
}

// TestSyncByGo writes to a log and a file that are synchronised by Go.
func TestSyncByGo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	for i := range 3 {
		c, err := lite.Open(path, 0)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Exec("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE IF NOT EXISTS t (a)"); err != nil {
			t.Fatal(err)
		}
		if err := c.SyncByGo(); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if err := c.Exec("INSERT INTO t VALUES (1)"); err != nil {
				t.Fatal(err)
			}
			if done, err := c.Checkpoint(); err != nil || !done {
				t.Errorf("checkpoint: %v, %v", done, err)
			}
		}
		err = row(t, c, "SELECT count(*) FROM t", nil, func(s *lite.Stmt) {
			if s.ColumnInt(0) != int64(3*i+3) {
				t.Errorf("%d rows, want %d", s.ColumnInt(0), 3*i+3)
			}
		})
		if err := errors.Join(err, c.CheckpointTruncate(), c.Close(), c.Close()); err != nil {
			t.Fatal(err)
		}
	}
}

// TestHardened shows what a connection does not have.
func TestHardened(t *testing.T) {
	c := open(t)
	for _, text := range []string{
		"CREATE VIRTUAL TABLE f USING fts5(a)", "SELECT * FROM sqlite_dbpage", "SELECT * FROM dbstat", `SELECT "text"`,
		"SELECT load_extension('x')",
	} {
		if err := c.Exec(text); err == nil {
			t.Errorf("%s: no error", text)
		}
	}
	if err := c.Exec("PRAGMA writable_schema=ON; UPDATE sqlite_schema SET sql='x'"); err == nil {
		t.Error("the schema was written")
	}
	if err := row(t, c, "SELECT value FROM json_each('[1]')", nil, nil); err != nil {
		t.Errorf("json_each: %v", err)
	}
}
