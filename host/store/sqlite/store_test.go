package sqlite_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"qvat/host/store"
	"qvat/host/store/sqlite"
	"qvat/host/store/storetest"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]sqlite.Options{"": {}, "tight, ": {Readers: 1, BatchCommits: 1, LogBytes: 1 << 20}} {
		subject := storetest.Subject{Alone: o.Readers == 1}
		subject.Open = func(ctx context.Context, path string) (storetest.Store, error) {
			o.Path = path
			return sqlite.Open(ctx, o)
		}
		t.Run(name+"ordinary", func(t *testing.T) { storetest.Run(t, subject) })
		subject.Exclusive = true
		t.Run(name+"exclusive", func(t *testing.T) { storetest.Run(t, subject) })
	}
}

// open opens a store that is checked and closed when the test ends.
func open(t testing.TB, o sqlite.Options) *sqlite.Store {
	t.Helper()
	if o.Path == "" {
		o.Path = filepath.Join(t.TempDir(), "vat.db")
	}
	s, err := sqlite.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(s.Check(context.Background()), s.Close()); err != nil && !errors.Is(err, store.ErrClosed) {
			t.Error(err)
		}
	})
	return s
}
