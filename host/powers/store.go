package powers

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"math"
	"strconv"

	"qvat/host/store"
	"qvat/runtime"
)

//go:embed store.js
var storeSource string

// storePower is qvat:store: the tables of the vat's database, in the message's
// transaction.
type storePower struct{ tx store.Tx }

func (p *storePower) Call(ctx context.Context, method string, args []byte) (runtime.Reply, error) {
	var a arguments
	if err := a.parse(method, args); err != nil {
		return runtime.Reply{}, err
	}
	r, err := p.call(ctx, &a)
	return r, storeRefusal(err)
}

// storeRefusal makes what the caller of the store did wrong an error for it to
// see. Other errors stay: they end the message, and some have it run again.
func storeRefusal(err error) error {
	var limit *store.LimitError
	var sql *store.SQLError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &limit):
		return rangeError("%s", limit.Error())
	case errors.As(err, &sql):
		return refusal("%s", sql.Error())
	case errors.Is(err, store.ErrName):
		return typeError("%s", store.ErrName.Error())
	}
	return err
}

func (p *storePower) call(ctx context.Context, a *arguments) (runtime.Reply, error) {
	switch a.method {
	case "get", "has", "delete", "set":
		return p.row(ctx, a)
	case "entries":
		return p.entries(ctx, a)
	case "count":
		if err := a.count(1, 1); err != nil {
			return runtime.Reply{}, err
		}
		table, err := tableOf(a)
		if err != nil {
			return runtime.Reply{}, err
		}
		n, err := p.tx.Count(ctx, table)
		return runtime.Reply{JSON: strconv.AppendInt(nil, n, 10)}, err
	case "sql":
		return p.sql(ctx, a)
	}
	return runtime.Reply{}, unknownMethod("qvat:store", a.method)
}

// tableOf reads the first argument, the name of a table.
func tableOf(a *arguments) (string, error) {
	table, err := a.text(0, "the table's name")
	if err == nil && table == "" {
		err = typeError("%s: the table's name is empty", a.method)
	}
	if err == nil && store.Own(table) {
		err = typeError("%s: tables whose names begin with %q are the vat's own", a.method, store.OwnPrefix)
	}
	return table, err
}

// row is a call about one row.
func (p *storePower) row(ctx context.Context, a *arguments) (r runtime.Reply, err error) {
	n := 2
	if a.method == "set" {
		n = 3
	}
	if err := a.count(n, n); err != nil {
		return r, err
	}
	table, err := tableOf(a)
	if err != nil {
		return r, err
	}
	key, err := a.text(1, "the key")
	if err != nil {
		return r, err
	}
	if key == "" {
		return r, typeError("%s: the key is empty", a.method)
	}
	switch a.method {
	case "get":
		r.JSON, _, err = p.tx.Get(ctx, table, key)
		return r, err
	case "set":
		return r, p.tx.Set(ctx, table, key, a.raw[2])
	case "has":
		there, err := p.tx.Has(ctx, table, key)
		return runtime.Reply{JSON: strconv.AppendBool(nil, there)}, err
	default:
		there, err := p.tx.Delete(ctx, table, key)
		return runtime.Reply{JSON: strconv.AppendBool(nil, there)}, err
	}
}

func (p *storePower) entries(ctx context.Context, a *arguments) (r runtime.Reply, err error) {
	if err := a.count(1, 2); err != nil {
		return r, err
	}
	table, err := tableOf(a)
	if err != nil {
		return r, err
	}
	var q store.EntriesQuery
	if len(a.raw) == 2 {
		if q, err = entriesQuery(a); err != nil {
			return r, err
		}
	}
	rows, err := p.tx.Entries(ctx, table, q)
	if err != nil {
		return r, err
	}
	size := 2
	for _, e := range rows {
		size += len(e.Key) + len(e.Value) + 6
	}
	b := append(make([]byte, 0, size), '[')
	for i, e := range rows {
		if i > 0 {
			b = append(b, ',')
		}
		if b, err = appendText(append(b, '['), e.Key); err != nil {
			return r, err
		}
		b = append(append(append(b, ','), e.Value...), ']')
	}
	return runtime.Reply{JSON: append(b, ']')}, nil
}

// entriesQuery reads which entries are asked for.
func entriesQuery(a *arguments) (q store.EntriesQuery, err error) {
	o, err := a.object(1, "the query", "prefix", "after", "limit")
	if err != nil {
		return q, err
	}
	for name, field := range map[string]*string{"prefix": &q.Prefix, "after": &q.After} {
		raw, ok := o[name]
		if !ok {
			continue
		}
		if *field, ok = text(raw); !ok {
			return q, typeError("entries: %s is not a string", name)
		}
	}
	if raw, ok := o["limit"]; ok {
		// The store says what is too many.
		q.Limit, err = integer(raw, "entries: limit", 1, math.MaxInt32)
	}
	return q, err
}

func (p *storePower) sql(ctx context.Context, a *arguments) (r runtime.Reply, err error) {
	if len(a.raw) == 0 {
		return r, typeError("sql takes a statement, and its parameters")
	}
	statement, err := a.text(0, "the statement")
	if err != nil {
		return r, err
	}
	params := make([]any, len(a.raw)-1)
	for i, raw := range a.raw[1:] {
		if params[i], err = parameter(raw); err != nil {
			return r, typeError("sql: parameter %d is not null, a boolean, a number or a string", i+1)
		}
	}
	sql := p.tx.SQL()
	if sql == nil {
		return r, refusal("sql: the store of this vat has no SQL")
	}
	rows, err := sql.Query(ctx, statement, params)
	if err != nil {
		return r, err
	}
	b, err := rowsJSON(rows)
	return runtime.Reply{JSON: b}, err
}

func parameter(raw []byte) (any, error) {
	switch raw[0] {
	case 'n':
		return nil, nil
	case 't', 'f':
		return raw[0] == 't', nil
	case '"':
		s, _ := text(raw)
		return s, nil
	case '[', '{':
		return nil, errors.New("not a scalar")
	}
	return json.Number(raw), nil
}

// rowsJSON writes the rows of an answer as an array of objects.
func rowsJSON(rows *store.Rows) ([]byte, error) {
	names := make([][]byte, len(rows.Columns))
	seen := make(map[string]bool, len(names))
	for i, c := range rows.Columns {
		if seen[c] {
			return nil, refusal("SQL: two columns are named %.64q: name them with AS", c)
		}
		seen[c] = true
		name, err := appendText(nil, c)
		if err != nil {
			return nil, err
		}
		names[i] = append(name, ':')
	}
	b := []byte{'['}
	for i, row := range rows.Rows {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '{')
		for j, v := range row {
			if j > 0 {
				b = append(b, ',')
			}
			b = append(b, names[j]...)
			var err error
			if b, err = appendScalar(b, v); err != nil {
				return nil, err
			}
		}
		b = append(b, '}')
	}
	return append(b, ']'), nil
}

func appendScalar(b []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(b, "null"...), nil
	case int64:
		return strconv.AppendInt(b, v, 10), nil
	case string:
		return appendText(b, v)
	}
	text, err := json.Marshal(v)
	return append(b, text...), err
}
