package sqlite_test

import (
	"errors"
	"strings"
	"testing"

	"qvat/host/store"
	"qvat/host/store/sqlite"
)

// TestFailedSQLLeavesNothing: a statement that fails half-way has done nothing, and
// the transaction goes on.
func TestFailedSQLLeavesNothing(t *testing.T) {
	for name, text := range map[string]string{
		"returning a blob":  "INSERT INTO mine VALUES (x'00') RETURNING a",
		"too many returned": "INSERT INTO mine VALUES (2),(3),(4),(5) RETURNING a",
		"or fail":           "INSERT OR FAIL INTO mine VALUES (2), (1)",
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, sqlite.Options{SQLRows: 3})
			exclusively(t, s, "CREATE TABLE mine (a UNIQUE)", "INSERT INTO mine VALUES (1)")
			tx, err := s.BeginExclusive(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer tx.Rollback()
			_, err = tx.SQL().Query(t.Context(), text, nil)
			var fault *store.SQLError
			var limit *store.LimitError
			if !errors.As(err, &fault) && !errors.As(err, &limit) {
				t.Fatal(err)
			}
			rows, err := tx.SQL().Query(t.Context(), "SELECT count(*) FROM mine", nil)
			if err != nil || rows.Rows[0][0] != int64(1) {
				t.Errorf("after a statement that failed: %v rows, %v; want 1", rows, err)
			}
		})
	}
}

// TestEntriesOverChargeIsARead: what a refusal of Entries tells must still hold when
// the transaction commits.
func TestEntriesOverChargeIsARead(t *testing.T) {
	s := open(t, sqlite.Options{TxBytes: 1000})
	sc := script{t, s}
	long := strings.Repeat("x", 900)
	sc.write(long, `1`)
	tx := sc.begin()
	if err := tx.Set(t.Context(), "other", "a", []byte(`"`+strings.Repeat("y", 100)+`"`)); err != nil {
		t.Fatal(err)
	}
	_, err := tx.Entries(t.Context(), "t", store.EntriesQuery{Limit: 1})
	var limit *store.LimitError
	if !errors.As(err, &limit) {
		t.Fatal(err) // now it knows that the first key is a long one
	}
	sc.write(long, "")
	sc.set(tx, "m", `"there is a long key"`)
	sc.conflicts(tx)
}
