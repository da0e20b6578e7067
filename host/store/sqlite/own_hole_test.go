package sqlite_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"qvat/host/store"
	"qvat/host/store/sqlite"
)

// TestHoleOwnRowsBySQL: no statement of a program's reaches the vat's own rows, in
// a snapshot or alone.
func TestHoleOwnRowsBySQL(t *testing.T) {
	ctx := context.Background()
	s, err := sqlite.Open(ctx, sqlite.Options{Path: filepath.Join(t.TempDir(), "vat.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close() //nolint:errcheck // a test's
	tx, err := s.Begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := tx.Set(ctx, store.OwnPrefix+"agent", "1", []byte(`"secret"`)); err != nil {
		t.Fatal(err)
	}
	if err := tx.Commit(ctx, nil); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		`SELECT * FROM QVAT_ROWS`, `SELECT value FROM "Qvat_Rows"`, `SELECT * FROM main.[qvat_rows]`,
		`SELECT count(*) FROM qvat_rows`, `SELECT EXISTS(SELECT 1 FROM qvat_rows)`,
		`WITH q AS (SELECT * FROM qvat_rows) SELECT * FROM q`,
		`CREATE VIEW w AS SELECT * FROM qvat_rows; SELECT * FROM w`,
		`CREATE TABLE mine AS SELECT * FROM qvat_rows`, `INSERT INTO qvat_rows VALUES ('qvat:agent','2','1')`,
		`UPDATE Qvat_rows SET value='1'`, `DELETE FROM qvat_rows`, `DROP TABLE qvat_rows`,
		`CREATE TRIGGER tr AFTER INSERT ON qvat_rows BEGIN SELECT 1; END`, `CREATE INDEX i ON qvat_rows(value)`,
		`ALTER TABLE qvat_rows RENAME TO mine`, `ANALYZE`, `SELECT * FROM sqlite_stat1`, `SELECT * FROM dbstat`,
		`SELECT * FROM pragma_table_info('qvat_rows')`, `REINDEX qvat_rows`, `VACUUM INTO '/tmp/x'`, `ATTACH 'x' AS y`,
		`INSERT INTO rows VALUES ('qvat:agent','2','1')`,
	} {
		for _, begin := range []func(context.Context) (store.Tx, error){s.Begin, s.BeginExclusive} {
			tx, err := begin(ctx)
			if err != nil {
				t.Fatal(err)
			}
			rows, err := tx.SQL().Query(ctx, text, nil)
			if err == nil {
				t.Errorf("%s: gave %+v", text, rows)
			}
			if errors.Is(err, store.ErrExclusive) {
				tx.Rollback()
				continue
			}
			if v, ok, err := tx.Get(ctx, store.OwnPrefix+"agent", "1"); err != nil || !ok || string(v) != `"secret"` {
				t.Errorf("%s: the row is %s %v %v", text, v, ok, err)
			}
			tx.Rollback()
		}
	}
}

// TestHoleForeignKeys: a program's table that names the vat's own in a foreign key
// tells nothing of it, and does not keep the vat from changing it.
func TestHoleForeignKeys(t *testing.T) {
	ctx := context.Background()
	s, err := sqlite.Open(ctx, sqlite.Options{Path: filepath.Join(t.TempDir(), "vat.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close() //nolint:errcheck // a test's
	do := func(begin func(context.Context) (store.Tx, error), f func(tx store.Tx) error) error {
		tx, err := begin(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer tx.Rollback()
		if err := f(tx); err != nil {
			return err
		}
		return tx.Commit(ctx, nil)
	}
	sql := func(text string) error {
		return do(s.BeginExclusive, func(tx store.Tx) error { _, err := tx.SQL().Query(ctx, text, nil); return err })
	}
	own := store.OwnPrefix + "agent"
	if err := do(s.Begin, func(tx store.Tx) error { return tx.Set(ctx, own, "1", []byte(`1`)) }); err != nil {
		t.Fatal(err)
	}
	if err := sql(`CREATE TABLE c (t, k, FOREIGN KEY (t, k) REFERENCES qvat_rows(tbl, key) ON DELETE RESTRICT)`); err != nil {
		return
	}
	there, not := sql(`INSERT INTO c VALUES ('qvat:agent', '1')`), sql(`INSERT INTO c VALUES ('qvat:agent', '2')`)
	if (there == nil) != (not == nil) {
		t.Errorf("it tells which rows there are: %v, %v", there, not)
	}
	if err := do(s.Begin, func(tx store.Tx) error { _, err := tx.Delete(ctx, own, "1"); return err }); err != nil {
		t.Errorf("the vat cannot delete its row: %v", err)
	}
}
