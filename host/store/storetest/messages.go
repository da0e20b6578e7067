package storetest

import (
	"errors"
	"fmt"
	"reflect"

	"qvat/chains"
	"qvat/host/store"
)

func id(n byte) chains.Hash { return chains.Hash{0: n, 31: 0xff - n} }

func records(e *env) {
	full := store.Record{
		ID: id(1), At: 1_700_000_000_000_000, Outcome: "", Result: []byte(`{"a":1}`),
		Fuel: 1, Memory: 2, Micros: 3, Recorded: []byte{0, 1, 2},
	}
	undefined := store.Record{ID: id(2), At: -1, Outcome: "odd"}
	for _, r := range []store.Record{full, undefined} {
		e.commit(&r, func(store.Tx) {})
	}
	tx := e.begin()
	if err := tx.Set(e.Context(), "t", "a", []byte(`1`)); err != nil {
		e.Fatal(err)
	}
	tx.Rollback()
	check := func() {
		e.Helper()
		for _, want := range []store.Record{full, undefined} {
			got, ok, err := e.s.FindRecord(e.Context(), want.ID)
			if err != nil || !ok || !reflect.DeepEqual(got, want) {
				e.Errorf("record %s: %+v, %v, %v; want %+v", want.ID, got, ok, err, want)
			}
		}
		if _, ok, err := e.s.FindRecord(e.Context(), id(3)); err != nil || ok {
			e.Errorf("a record that was never kept: %v, %v", ok, err)
		}
	}
	check()
	e.close()
	e.open()
	check()
}

func once(e *env) {
	r := store.Record{ID: id(1), Result: []byte(`1`), Once: true}
	e.commit(&r, func(tx store.Tx) { e.set(tx, "t", "a", `1`) })
	again := func() {
		e.Helper()
		tx := e.begin()
		defer tx.Rollback()
		e.set(tx, "t", "a", `2`)
		if err := tx.Stage("k", nil); err != nil {
			e.Fatal(err)
		}
		if err := tx.Commit(e.Context(), &r); !errors.Is(err, store.ErrDuplicate) {
			e.Errorf("the same message again: %v", err)
		}
	}
	again()
	e.close()
	e.open()
	again()
	e.do(func(tx store.Tx) { e.want(tx, "t", "a", `1`) })
	other := r
	other.ID = id(2)
	e.commit(&other, func(tx store.Tx) { e.set(tx, "t", "a", `3`) })
	e.do(func(tx store.Tx) { e.want(tx, "t", "a", `3`) })
	if rows, err := e.s.Outbox(e.Context(), 0, 10); err != nil || len(rows) != 0 {
		e.Errorf("outbox: %+v, %v", rows, err)
	}
}

func outbox(e *env) {
	for i := range 3 {
		e.do(func(tx store.Tx) {
			for j := range 3 {
				if err := tx.Stage(fmt.Sprint("kind", j), fmt.Append(nil, i, j)); err != nil {
					e.Fatal(err)
				}
			}
		})
	}
	select {
	case <-e.s.OutboxSignal():
	default:
		e.Error("no signal")
	}
	list := func(after int64, n int) []store.Outgoing {
		e.Helper()
		rows, err := e.s.Outbox(e.Context(), after, n)
		if err != nil {
			e.Fatal(err)
		}
		return rows
	}
	all := list(0, 100)
	if len(all) != 9 {
		e.Fatalf("%d rows in the outbox, want 9", len(all))
	}
	for i, row := range all {
		if want := fmt.Sprintf("kind%d", i%3); row.Kind != want || string(row.Payload) != fmt.Sprintf("%d %d", i/3, i%3) {
			e.Errorf("row %d: %s %q", i, row.Kind, row.Payload)
		}
		if i > 0 && row.ID <= all[i-1].ID {
			e.Errorf("row %d has id %d after %d", i, row.ID, all[i-1].ID)
		}
	}
	if some := list(all[3].ID, 2); len(some) != 2 || some[0].ID != all[4].ID {
		e.Errorf("two rows after the fourth: %+v", some)
	}
	if err := e.s.Ack(e.Context(), all[0].ID, all[8].ID, 12345); err != nil {
		e.Fatal(err)
	}
	if err := e.s.Ack(e.Context(), all[0].ID); err != nil {
		e.Fatal(err)
	}
	if rest := list(0, 100); len(rest) != 7 || rest[0].ID != all[1].ID {
		e.Errorf("after two acks: %+v", rest)
	}
	e.close()
	e.open()
	if rest := list(0, 100); !reflect.DeepEqual(rest, all[1:8]) {
		e.Errorf("after opening again: %+v", rest)
	}
	e.do(func(tx store.Tx) {
		if err := tx.Stage("later", nil); err != nil {
			e.Fatal(err)
		}
	})
	if rest := list(all[8].ID, 100); len(rest) != 1 || rest[0].Kind != "later" {
		e.Errorf("what was staged later: %+v", rest)
	}
}

func unstaged(e *env) {
	tx := e.begin()
	if err := tx.Stage("k", []byte("p")); err != nil {
		e.Fatal(err)
	}
	tx.Rollback()
	e.do(func(store.Tx) {})
	if rows, err := e.s.Outbox(e.Context(), 0, 10); err != nil || len(rows) != 0 {
		e.Errorf("outbox: %+v, %v", rows, err)
	}
	select {
	case <-e.s.OutboxSignal():
		e.Error("a signal for nothing")
	default:
	}
}
