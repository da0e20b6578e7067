package sqlite_test

import (
	"path/filepath"
	"testing"

	"qvat/host/store/sqlite"
)

// TestTablesThatBecameTheVats: what programs of an old vat kept in tables whose
// names are the vat's own now is found under other names.
func TestTablesThatBecameTheVats(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vat.db")
	open := func() *sqlite.Store {
		s, err := sqlite.Open(t.Context(), sqlite.Options{Path: path})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	if err := open().Close(); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		"DROP INDEX qvat_outbox_kind", "PRAGMA user_version=2",
		"INSERT INTO rows VALUES ('qvat:mine', 'k', '1'), ('qvat', 'k', '2'), ('other', 'k', '3')",
	} {
		if err := runSQL(path, text); err != nil {
			t.Fatal(err)
		}
	}
	s := open()
	defer s.Close() //nolint:errcheck // a test's
	tx, err := s.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	for table, want := range map[string]string{"was-qvat:mine": "1", "qvat:mine": "", "qvat": "2", "other": "3"} {
		if v, _, err := tx.Get(t.Context(), table, "k"); err != nil || string(v) != want {
			t.Errorf("%s holds %q, %v; want %q", table, v, err, want)
		}
	}
}
