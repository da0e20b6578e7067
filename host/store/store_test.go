package store_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"qvat/host/store"
	"qvat/host/store/storetest"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	ordinary := func(ctx context.Context, s *store.Store) (store.Tx, error) { return s.Begin(ctx) }
	exclusive := func(ctx context.Context, s *store.Store) (store.Tx, error) { return s.BeginExclusive(ctx) }
	tight := store.Options{Readers: 1, BatchCommits: 1, LogBytes: 1 << 20}
	for name, subject := range map[string]storetest.Subject{
		"ordinary":         {Begin: ordinary},
		"exclusive":        {Begin: exclusive},
		"tight, ordinary":  {Begin: ordinary, Options: tight},
		"tight, exclusive": {Begin: exclusive, Options: tight},
	} {
		t.Run(name, func(t *testing.T) { storetest.Run(t, subject) })
	}
}

// open opens a store that is checked and closed when the test ends.
func open(t testing.TB, o store.Options) *store.Store {
	t.Helper()
	if o.Path == "" {
		o.Path = filepath.Join(t.TempDir(), "vat.db")
	}
	s, err := store.Open(t.Context(), o)
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
