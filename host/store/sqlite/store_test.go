package sqlite_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"qvat/host/store"
	"qvat/host/store/sqlite"
	"qvat/host/store/storetest"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]sqlite.Options{
		"":         {},
		"narrow, ": {Readers: 1, BatchCommits: 1, LogBytes: 1 << 20},
		"tight, ":  {Readers: 6, BatchCommits: 3, LogBytes: 64 << 10, OverlayBytes: 64 << 10},
	} {
		subject := storetest.Subject{Alone: o.Readers == 1, SQL: true}
		subject.Open = func(ctx context.Context, path string) (storetest.Store, error) {
			o.Path, o.SQLTime, o.BusyWait = path, time.Hour, time.Hour
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
	if o.SQLTime == 0 {
		o.SQLTime = time.Hour // steps end what does not end by itself
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
