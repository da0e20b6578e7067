package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"

	"qvat/chains"
	"qvat/host/store"
	"qvat/host/store/sqlite"
)

func openBench(b *testing.B) *sqlite.Store {
	b.Helper()
	s, err := sqlite.Open(b.Context(), sqlite.Options{Path: filepath.Join(b.TempDir(), "vat.db")})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := errors.Join(s.Check(context.Background()), s.Close()); err != nil {
			b.Error(err)
		}
	})
	return s
}

// add raises the counter in a row by one, as often as it takes.
func add(ctx context.Context, s *sqlite.Store, table, key string, r *store.Record) error {
	for {
		err := tryAdd(ctx, s, table, key, r)
		if !errors.Is(err, store.ErrConflict) {
			return err
		}
	}
}

func tryAdd(ctx context.Context, s *sqlite.Store, table, key string, r *store.Record) error {
	tx, err := s.Begin(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	value, ok, err := tx.Get(ctx, table, key)
	if err != nil {
		return err
	}
	n := 0
	if ok {
		if n, err = strconv.Atoi(string(value)); err != nil {
			return err
		}
	}
	if err := tx.Set(ctx, table, key, strconv.AppendInt(nil, int64(n)+1, 10)); err != nil {
		return err
	}
	return tx.Commit(ctx, r)
}

// testRecord makes a record like those of small messages.
func testRecord(n int64) *store.Record {
	var id chains.Hash
	for i := range 4 {
		x := uint64(n)*0x9e3779b97f4a7c15 + uint64(i)
		x ^= x >> 29
		x *= 0xbf58476d1ce4e5b9
		for j := range 8 {
			id[8*i+j] = byte(x >> (8 * j))
		}
	}
	return &store.Record{ID: id, At: n, Result: []byte(`{"counter":1}`), Fuel: 1234, Memory: 1 << 20, Micros: 300}
}

// reportBatches tells how many commits shared one fsync.
func reportBatches(b *testing.B, s *sqlite.Store) {
	st := s.Stats()
	if st.Writes > 0 {
		b.ReportMetric(float64(st.Commits)/float64(st.Writes), "commits/fsync")
		b.ReportMetric(float64(st.WriteTime.Microseconds())/float64(st.Writes), "µs/write")
	}
	b.ReportMetric(float64(st.Conflicts)/float64(b.N), "conflicts/op")
}

// BenchmarkHotRow is the vat's worst hour: every message adds one to the same row.
func BenchmarkHotRow(b *testing.B) {
	for _, clients := range []int{1, 8, 32} {
		b.Run(fmt.Sprintf("clients=%d", clients), func(b *testing.B) {
			s := openBench(b)
			var n atomic.Int64
			b.SetParallelism(clients)
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if err := add(b.Context(), s, "counters", "bob", testRecord(n.Add(1))); err != nil {
						b.Error(err)
						return
					}
				}
			})
			reportBatches(b, s)
		})
	}
}

// BenchmarkDistinctRows writes a row of its own in each transaction.
func BenchmarkDistinctRows(b *testing.B) {
	s := openBench(b)
	var n atomic.Int64
	b.SetParallelism(16)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			i := n.Add(1)
			if err := add(b.Context(), s, "counters", fmt.Sprintf("%016x", uint64(i)*0x9e3779b97f4a7c15), testRecord(i)); err != nil {
				b.Error(err)
				return
			}
		}
	})
	reportBatches(b, s)
}

// BenchmarkReadOnly reads one of ten thousand rows in each transaction.
func BenchmarkReadOnly(b *testing.B) {
	s := openBench(b)
	const rows = 10_000
	tx, err := s.Begin(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	defer tx.Rollback()
	for i := range rows {
		if err := tx.Set(b.Context(), "t", strconv.Itoa(i), []byte(`{"a":[1,2,3]}`)); err != nil {
			b.Fatal(err)
		}
	}
	if err := tx.Commit(b.Context(), nil); err != nil {
		b.Fatal(err)
	}
	var n atomic.Int64
	b.SetParallelism(8)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := readOne(b.Context(), s, "t", strconv.FormatInt(n.Add(7919)%rows, 10)); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

func readOne(ctx context.Context, s *sqlite.Store, table, key string) error {
	tx, err := s.Begin(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, ok, err := tx.Get(ctx, table, key); err != nil || !ok {
		return fmt.Errorf("row %s: %v, %w", key, ok, err)
	}
	return tx.Commit(ctx, nil)
}
