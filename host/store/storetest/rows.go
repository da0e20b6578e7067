package storetest

import (
	"context"
	"errors"
	"strings"

	"qvat/host/store"
)

func ownWrites(e *env) {
	e.do(func(tx store.Tx) { e.set(tx, "t", "a", `1`) })
	e.do(func(tx store.Tx) {
		e.want(tx, "t", "a", `1`)
		e.set(tx, "t", "a", `2`)
		e.want(tx, "t", "a", `2`)
		e.set(tx, "t", "b", `"new"`)
		e.want(tx, "t", "b", `"new"`)
		e.want(tx, "u", "b", ``)
	})
	e.do(func(tx store.Tx) {
		e.want(tx, "t", "a", `2`)
		e.want(tx, "t", "b", `"new"`)
	})
}

func rollback(e *env) {
	e.do(func(tx store.Tx) { e.set(tx, "t", "a", `1`) })
	tx := e.begin()
	e.set(tx, "t", "a", `2`)
	e.set(tx, "t", "b", `2`)
	tx.Rollback()
	tx.Rollback()
	e.do(func(tx store.Tx) {
		e.want(tx, "t", "a", `1`)
		e.want(tx, "t", "b", ``)
	})
}

func reopen(e *env) {
	e.do(func(tx store.Tx) {
		e.set(tx, "t", "a", `{"x":[1,2.5,null,"ä"]}`)
		e.set(tx, "t", "gone", `1`)
	})
	e.do(func(tx store.Tx) {
		if _, err := tx.Delete(e.Context(), "t", "gone"); err != nil {
			e.Fatal(err)
		}
	})
	e.close()
	e.open()
	e.do(func(tx store.Tx) {
		e.want(tx, "t", "a", `{"x":[1,2.5,null,"ä"]}`)
		e.want(tx, "t", "gone", ``)
	})
}

func deleting(e *env) {
	remove := func(tx store.Tx, key string, want bool) {
		e.Helper()
		if existed, err := tx.Delete(e.Context(), "t", key); err != nil || existed != want {
			e.Errorf("delete %q: %v, %v; want %v", key, existed, err, want)
		}
	}
	e.do(func(tx store.Tx) {
		remove(tx, "a", false)
		e.set(tx, "t", "a", `1`)
		remove(tx, "a", true)
		remove(tx, "a", false)
		e.want(tx, "t", "a", ``)
		e.set(tx, "t", "b", `1`)
	})
	e.do(func(tx store.Tx) {
		remove(tx, "b", true)
		e.want(tx, "t", "b", ``)
		e.set(tx, "t", "b", `2`)
		e.want(tx, "t", "b", `2`)
		remove(tx, "b", true)
	})
	e.do(func(tx store.Tx) {
		e.want(tx, "t", "a", ``)
		e.want(tx, "t", "b", ``)
	})
}

// names shows that tables and keys are told apart by their bytes.
func names(e *env) {
	odd := []string{"", "a", "A", "a ", "ä", "a\u0308", "a\x00", "a\x00b", "'; DROP TABLE rows; --", "\U0001F511", "%", "_", "\uffff"}
	e.do(func(tx store.Tx) {
		for _, table := range odd {
			for _, key := range odd {
				e.set(tx, table, key, `"`+strings.Repeat("x", len(table)*20+len(key))+`"`)
			}
		}
	})
	e.do(func(tx store.Tx) {
		for _, table := range odd {
			e.wantCount(tx, table, int64(len(odd)))
			for _, key := range odd {
				e.want(tx, table, key, `"`+strings.Repeat("x", len(table)*20+len(key))+`"`)
			}
		}
		if err := tx.Set(e.Context(), "t", "\xff", []byte("1")); !errors.Is(err, store.ErrName) {
			e.Errorf("a key that is not UTF-8: %v", err)
		}
		if _, _, err := tx.Get(e.Context(), "\xff", "a"); !errors.Is(err, store.ErrName) {
			e.Errorf("a table that is not UTF-8: %v", err)
		}
	})
}

func entries(e *env) {
	e.do(func(tx store.Tx) {
		for _, key := range []string{"b2", "a", "b", "B", "b1", "c", "bä", "b1x"} {
			e.set(tx, "t", key, `"`+key+`"`)
		}
		e.set(tx, "s", "b", `0`)
		e.set(tx, "u", "b", `0`)
	})
	e.do(func(tx store.Tx) {
		e.wantRows(tx, "t", store.EntriesQuery{},
			"B", `"B"`, "a", `"a"`, "b", `"b"`, "b1", `"b1"`, "b1x", `"b1x"`, "b2", `"b2"`, "bä", `"bä"`, "c", `"c"`)
		e.wantRows(tx, "t", store.EntriesQuery{Prefix: "b"},
			"b", `"b"`, "b1", `"b1"`, "b1x", `"b1x"`, "b2", `"b2"`, "bä", `"bä"`)
		e.wantRows(tx, "t", store.EntriesQuery{Prefix: "b", After: "b1", Limit: 2}, "b1x", `"b1x"`, "b2", `"b2"`)
		e.wantRows(tx, "t", store.EntriesQuery{Prefix: "b", After: "a"},
			"b", `"b"`, "b1", `"b1"`, "b1x", `"b1x"`, "b2", `"b2"`, "bä", `"bä"`)
		e.wantRows(tx, "t", store.EntriesQuery{Prefix: "b", After: "c"})
		e.wantRows(tx, "t", store.EntriesQuery{After: "b2", Limit: 10}, "bä", `"bä"`, "c", `"c"`)
		e.wantRows(tx, "t", store.EntriesQuery{Prefix: "x"})
		e.wantRows(tx, "none", store.EntriesQuery{})
		e.wantRows(tx, "t", store.EntriesQuery{Limit: 1}, "B", `"B"`)
		e.wantRows(tx, "t", store.EntriesQuery{Before: "b"}, "B", `"B"`, "a", `"a"`)
		e.wantRows(tx, "t", store.EntriesQuery{Prefix: "b", Before: "a"})
		e.wantRows(tx, "t", store.EntriesQuery{Reverse: true, Limit: 3}, "c", `"c"`, "bä", `"bä"`, "b2", `"b2"`)
		e.wantRows(tx, "t", store.EntriesQuery{Reverse: true, Prefix: "b", Before: "b2"}, "b1x", `"b1x"`, "b1", `"b1"`, "b", `"b"`)
		e.wantRows(tx, "t", store.EntriesQuery{Reverse: true, After: "b1", Before: "bä", Limit: 1}, "b2", `"b2"`)
	})
}

func entriesOwn(e *env) {
	e.do(func(tx store.Tx) {
		for _, key := range []string{"a", "b", "c", "d"} {
			e.set(tx, "t", key, `1`)
		}
	})
	e.do(func(tx store.Tx) {
		e.set(tx, "t", "b", `2`)
		e.set(tx, "t", "bb", `2`)
		e.set(tx, "t", "e", `2`)
		e.set(tx, "u", "c", `2`)
		for _, key := range []string{"a", "c"} {
			if _, err := tx.Delete(e.Context(), "t", key); err != nil {
				e.Fatal(err)
			}
		}
		e.wantRows(tx, "t", store.EntriesQuery{}, "b", `2`, "bb", `2`, "d", `1`, "e", `2`)
		e.wantRows(tx, "t", store.EntriesQuery{Limit: 2}, "b", `2`, "bb", `2`)
		e.wantRows(tx, "t", store.EntriesQuery{Reverse: true}, "e", `2`, "d", `1`, "bb", `2`, "b", `2`)
		e.wantRows(tx, "t", store.EntriesQuery{Reverse: true, Before: "e", Limit: 2}, "d", `1`, "bb", `2`)
		e.wantRows(tx, "t", store.EntriesQuery{Limit: 3}, "b", `2`, "bb", `2`, "d", `1`)
		e.wantRows(tx, "t", store.EntriesQuery{After: "bb", Limit: 1}, "d", `1`)
		e.wantRows(tx, "t", store.EntriesQuery{After: "d"}, "e", `2`)
		e.wantCount(tx, "t", 4)
		e.wantCount(tx, "u", 1)
	})
	e.do(func(tx store.Tx) {
		e.wantRows(tx, "t", store.EntriesQuery{}, "b", `2`, "bb", `2`, "d", `1`, "e", `2`)
	})
}

func counting(e *env) {
	e.do(func(tx store.Tx) { e.wantCount(tx, "t", 0) })
	for i := range 5 {
		e.do(func(tx store.Tx) {
			e.set(tx, "t", string(rune('a'+i)), `1`)
			e.set(tx, "t", "same", `1`)
			e.wantCount(tx, "t", int64(i)+2)
		})
	}
	e.do(func(tx store.Tx) {
		e.wantCount(tx, "t", 6)
		if _, err := tx.Delete(e.Context(), "t", "same"); err != nil {
			e.Fatal(err)
		}
		e.wantCount(tx, "t", 5)
	})
	e.do(func(tx store.Tx) { e.wantCount(tx, "t", 5) })
}

func limits(e *env) {
	tooMuch := func(what string, err error) {
		e.Helper()
		var limit *store.LimitError
		if !errors.As(err, &limit) || limit.Max <= 0 || limit.Limit == "" {
			e.Errorf("%s: %v, want a LimitError", what, err)
		}
	}
	big := []byte(`"` + strings.Repeat("x", 1<<20) + `"`)
	e.do(func(tx store.Tx) {
		ctx := e.Context()
		tooMuch("a value", tx.Set(ctx, "t", "k", big))
		tooMuch("a key", tx.Set(ctx, "t", strings.Repeat("k", 1<<10+1), []byte(`1`)))
		tooMuch("a table", tx.Set(ctx, strings.Repeat("t", 257), "k", []byte(`1`)))
		_, _, err := tx.Get(ctx, "t", strings.Repeat("k", 1<<10+1))
		tooMuch("a key to read", err)
		_, err = tx.Entries(ctx, "t", store.EntriesQuery{Limit: 10_001})
		tooMuch("entries", err)
		_, err = tx.Entries(ctx, "t", store.EntriesQuery{Limit: -1})
		tooMuch("a negative number of entries", err)
		_, err = tx.Count(ctx, strings.Repeat("t", 257))
		tooMuch("a table to count", err)
		tooMuch("a payload", tx.Stage("k", big))
		for err = error(nil); err == nil; {
			err = tx.Stage("k", nil)
		}
		tooMuch("staged rows", err)
	})
	tx := e.begin()
	var err error
	for i := 0; err == nil; i++ {
		err = tx.Set(e.Context(), "t", string(rune('a'+i)), big[:1<<20-1])
	}
	tooMuch("a transaction's writes", err)
	tx.Rollback()
	tx = e.begin()
	tooMuch("a record", tx.Commit(e.Context(), &store.Record{Result: big}))
	e.do(func(tx store.Tx) {
		// What is large and allowed is carried whole.
		whole := string(big[:1<<20-2]) + `"`
		e.set(tx, "t", "k", whole)
		e.want(tx, "t", "k", whole)
	})
}

func survives(e *env) {
	e.do(func(tx store.Tx) {
		if _, err := tx.SQL().Query(e.Context(), "SELECT nonsense", nil); err == nil {
			e.Error("nonsense was taken")
		}
		e.set(tx, "t", "a", `1`)
		if err := tx.Set(e.Context(), strings.Repeat("t", 300), "k", []byte(`1`)); err == nil {
			e.Error("a long table name was taken")
		}
		e.set(tx, "t", "b", `1`)
	})
	e.do(func(tx store.Tx) { e.wantCount(tx, "t", 2) })
}

func over(e *env) {
	for _, end := range []func(store.Tx) error{
		func(tx store.Tx) error { return tx.Commit(e.Context(), nil) },
		func(tx store.Tx) error { tx.Rollback(); return nil },
	} {
		tx := e.begin()
		e.set(tx, "t", "a", `1`)
		if err := end(tx); err != nil {
			e.Fatal(err)
		}
		ctx := e.Context()
		_, _, get := tx.Get(ctx, "t", "a")
		_, has := tx.Has(ctx, "t", "a")
		_, remove := tx.Delete(ctx, "t", "a")
		_, list := tx.Entries(ctx, "t", store.EntriesQuery{})
		_, count := tx.Count(ctx, "t")
		_, sql := tx.SQL().Query(ctx, "SELECT 1", nil)
		for what, err := range map[string]error{
			"get": get, "has": has, "delete": remove, "entries": list, "count": count, "sql": sql,
			"set": tx.Set(ctx, "t", "a", []byte(`1`)), "stage": tx.Stage("k", nil), "commit": tx.Commit(ctx, nil),
		} {
			if !errors.Is(err, store.ErrOver) {
				e.Errorf("%s in a transaction that is over: %v", what, err)
			}
		}
		tx.Rollback()
	}
}

func ended(e *env) {
	ctx, cancel := context.WithCancel(e.Context())
	tx := e.begin()
	e.set(tx, "t", "a", `1`)
	cancel()
	if _, _, err := tx.Get(ctx, "t", "b"); !errors.Is(err, context.Canceled) {
		e.Errorf("get: %v", err)
	}
	if err := tx.Commit(ctx, nil); !errors.Is(err, context.Canceled) {
		e.Errorf("commit: %v", err)
	}
	if _, _, err := tx.Get(e.Context(), "t", "b"); !errors.Is(err, store.ErrOver) {
		e.Errorf("get after commit: %v", err)
	}
	e.do(func(tx store.Tx) { e.want(tx, "t", "a", ``) })
}

// aliasing shows that the store keeps copies of what it is given.
func aliasing(e *env) {
	value, payload := []byte(`"before"`), []byte("before")
	e.do(func(tx store.Tx) {
		if err := tx.Set(e.Context(), "t", "a", value); err != nil {
			e.Fatal(err)
		}
		if err := tx.Stage("k", payload); err != nil {
			e.Fatal(err)
		}
		copy(value, `"after!"`)
		copy(payload, "after!")
		e.want(tx, "t", "a", `"before"`)
	})
	e.do(func(tx store.Tx) { e.want(tx, "t", "a", `"before"`) })
	if rows, err := e.s.Outbox(e.Context(), 0, 10); err != nil || len(rows) != 1 || string(rows[0].Payload) != "before" {
		e.Errorf("outbox: %+v, %v", rows, err)
	}
}
