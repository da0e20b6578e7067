package storetest

import (
	"encoding/json"
	"errors"
	"math"
	"reflect"

	"qvat/host/store"
)

func (e *env) wantSQL(tx store.Tx, text string, params []any, want ...[]any) {
	e.Helper()
	rows, err := tx.SQL().Query(e.Context(), text, params)
	if err != nil {
		e.Errorf("%s: %v", text, err)
		return
	}
	if len(want) == 0 {
		want = [][]any{}
	}
	if !reflect.DeepEqual(rows.Rows, want) {
		e.Errorf("%s: %#v, want %#v", text, rows.Rows, want)
	}
}

func sqlReads(e *env) {
	e.do(func(tx store.Tx) {
		e.set(tx, "fruit", "apple", `{"n":3,"tags":["red","round"]}`)
		e.set(tx, "fruit", "plum", `{"n":5,"tags":["blue"]}`)
		e.set(tx, "Fruit", "other", `{"n":100}`)
	})
	e.do(func(tx store.Tx) {
		e.wantSQL(tx, "SELECT key, value->>'n' FROM rows WHERE tbl = ? ORDER BY key", []any{"fruit"},
			[]any{"apple", int64(3)}, []any{"plum", int64(5)})
		e.wantSQL(tx, "SELECT sum(value->>'n') FROM rows WHERE tbl = 'fruit'", nil, []any{int64(8)})
		e.wantSQL(tx, "SELECT r.key, j.value FROM rows r, json_each(r.value, '$.tags') j WHERE r.tbl='fruit' ORDER BY 1, 2", nil,
			[]any{"apple", "red"}, []any{"apple", "round"}, []any{"plum", "blue"})
		e.wantSQL(tx, "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c WHERE x<3) SELECT x FROM c", nil,
			[]any{int64(1)}, []any{int64(2)}, []any{int64(3)})
		e.wantSQL(tx, "SELECT key FROM rows WHERE tbl='none'", nil)
		rows, err := tx.SQL().Query(e.Context(), "SELECT 1 AS one, 2 AS two -- and a comment; with a semicolon\n; ", nil)
		if err != nil || !equal(rows.Columns, []string{"one", "two"}) {
			e.Errorf("columns: %v, %v", rows, err)
		}
	})
}

func sqlValues(e *env) {
	params := []any{nil, true, false, 7, int64(-8), 2.5, 3.0, json.Number("12"), json.Number("1e2"), json.Number("0.25"), "ä\x00b", ""}
	e.do(func(tx store.Tx) {
		e.wantSQL(tx, "SELECT ?,?,?,?,?,?,?,?,?,?,?,?", params, []any{
			nil, int64(1), int64(0), int64(7), int64(-8), 2.5, int64(3), int64(12), int64(100), 0.25, "ä\x00b", "",
		})
		e.wantSQL(tx, "SELECT 9007199254740992, -9007199254740992, 1.0", nil, []any{int64(1 << 53), int64(-1 << 53), 1.0})
		e.wantSQL(tx, "SELECT CAST(9007199254740993 AS TEXT)", nil, []any{"9007199254740993"})
		e.wantSQL(tx, "SELECT instr('äöü','ü'), instr('abc','x'), replace('aXbX','X','--'), trim('xxaxx','x'), rtrim('aäx','xä')", nil,
			[]any{int64(3), int64(0), "a--b--", "a", "a"})
	})
	for text, params := range map[string][]any{
		"SELECT 9007199254740993":            nil,
		"SELECT -9007199254740993":           nil,
		"SELECT 9e999":                       nil,
		"SELECT x'00ff'":                     nil,
		"SELECT CAST(x'ff' AS TEXT)":         nil,
		"SELECT ? -- a blob":                 {[]byte("x")},
		"SELECT ? -- an infinity":            {math.Inf(1)},
		"SELECT ? -- no number":              {json.Number("x")},
		"SELECT ? -- not UTF-8":              {"\xff"},
		"SELECT ? -- a list":                 {[]any{1}},
		"SELECT ? -- too few":                {},
		"SELECT ? -- too many":               {1, 2},
		"SELECT 1; SELECT 2":                 nil,
		"":                                   nil,
		" -- nothing":                        nil,
		"SELECT \x001":                       nil,
		"SELECT '\xff'":                      nil,
		`SELECT "no such column"`:            nil,
		"EXPLAIN SELECT 1":                   nil,
		"EXPLAIN QUERY PLAN SELECT 1":        nil,
		"SELECT * FROM rows WHERE":           nil,
		"SELECT abs(-9223372036854775808)":   nil,
		"SELECT json('{')":                   nil,
		"SELECT replace(key, 'a') FROM rows": nil,
	} {
		tx := e.begin()
		rows, err := tx.SQL().Query(e.Context(), text, params)
		var fault *store.SQLError
		if !errors.As(err, &fault) {
			e.Errorf("%q, %v: %v, %v; want an SQLError", text, params, rows, err)
		}
		tx.Rollback()
	}
}

// sqlOwn shows that SQL sees nothing of the vat's own tables, and does not wait
// for what is written to them.
func sqlOwn(e *env) {
	e.do(func(tx store.Tx) {
		e.set(tx, store.OwnPrefix+"t", "a", `1`)
		e.set(tx, "t", "b", `2`)
	})
	e.do(func(tx store.Tx) {
		e.set(tx, store.OwnPrefix+"t", "c", `3`)
		e.wantSQL(tx, "SELECT tbl, key FROM rows", nil, []any{"t", "b"})
		e.want(tx, store.OwnPrefix+"t", "c", `3`)
		var refused *store.SQLError
		for _, text := range []string{"SELECT * FROM qvat_rows", "SELECT count(*) FROM main.qvat_rows", "DELETE FROM qvat_rows"} {
			if _, err := tx.SQL().Query(e.Context(), text, nil); !errors.As(err, &refused) && !errors.Is(err, store.ErrExclusive) {
				e.Errorf("%s: %v", text, err)
			}
		}
	})
}
