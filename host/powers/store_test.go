package powers

import (
	"context"
	"errors"
	"strings"
	"testing"

	"qvat/host/store"
	"qvat/runtime"
)

const tableT = `const store = require('qvat:store'); exports.t = store.table('t'); exports.u = store.table('u'); exports.sql = store.sql; exports.table = store.table`

func TestStore(t *testing.T) {
	v := newVat(t, Grants{Store: true}, tableT)
	for _, c := range []struct{ body, want string }{
		{`return [power.t.get('k') === undefined, power.t.has('k'), power.t.count(), power.t.delete('k'), power.t.entries()]`, `[true,false,0,false,[]]`},
		{`return power.t.set('k', { a: [1, 'é', null, { b: '\u2028"\\' }] })`, ``},
		{`return power.t.get('k')`, `{"a":[1,"é",null,{"b":"` + "\u2028" + `\"\\"}]}`},
		{`power.t.set('n', null); return [power.t.get('n'), power.t.has('n')]`, `[null,true]`},
		{`power.t.get('k').a.push(1); return power.t.get('k').a.length`, `4`},
		{`return [power.u.has('k'), power.t.delete('k'), power.t.has('k'), power.t.count()]`, `[false,true,false,1]`},
		{`power.t.set('new', 1); power.t.set('new', 2); return [power.t.get('new'), power.t.delete('new')]`, `[2,true]`},
		{`return Object.isFrozen(power.t) && Object.isFrozen(power.t.get) && Object.isFrozen(power.table('x'))`, `true`},
	} {
		v.want(c.want, c.body)
	}
}

func TestEntries(t *testing.T) {
	v := newVat(t, Grants{Store: true}, tableT)
	// The order is that of bytes, not of UTF-16: U+10000 comes after U+FFFD.
	v.want(``, `for (const k of ['b', 'a', 'aa', 'B', '\u{10000}', '\uFFFD', 'a"\\', 'é']) power.t.set(k, k.length)`)
	for _, c := range []struct{ body, want string }{
		{`return power.t.entries()`, `[["B",1],["a",1],["a\"\\",3],["aa",2],["b",1],["é",1],["` + "\uFFFD" + `",1],["` + "\U00010000" + `",2]]`},
		{`return power.t.entries({ prefix: 'a' })`, `[["a",1],["a\"\\",3],["aa",2]]`},
		{`return power.t.entries({ prefix: 'a', after: 'a', limit: 1 })`, `[["a\"\\",3]]`},
		{`return power.t.entries({ after: 'b', limit: undefined })`, `[["é",1],["` + "\uFFFD" + `",1],["` + "\U00010000" + `",2]]`},
		{`power.t.delete('aa'); power.t.set('ab', 7); return power.t.entries({ prefix: 'a', after: 'a' })`, `[["a\"\\",3],["ab",7]]`},
	} {
		v.want(c.want, c.body)
	}
}

func TestSQL(t *testing.T) {
	v := newVat(t, Grants{Store: true}, tableT)
	v.want(``, `power.t.set('x', { n: 3 }); power.t.set('y', { n: 4 })`)
	v.want(`[{"key":"y","n":4,"half":2.5,"none":null}]`,
		`return power.sql("SELECT key, value ->> 'n' AS n, 2.5 AS half, NULL AS none FROM rows WHERE tbl = ? AND n > ? ORDER BY key", 't', 3)`)
	v.want(`[{"a":"é\"","b":1,"c":null,"d":1.5,"e":7}]`, `return power.sql('SELECT ? AS a, ? AS b, ? AS c, ? AS d, ? AS e', 'é"', true, null, 1.5, 7)`)
	v.want(`[]`, `return power.sql('SELECT 1 AS a WHERE 0')`)
	v.throws(`two columns are named \"a\"`, `power.sql('SELECT 1 AS a, 2 AS a')`)
	v.throws(`SQL: `, `power.sql('SELECT * FROM qvat_messages')`)
	v.throws(`SQL: `, `power.sql("ATTACH 'x' AS y")`)
	v.throws(`SQL: `, `power.sql('SELEKT')`)
	v.throws(`TypeError: sql: parameter 2 is not`, `power.sql('SELECT ?, ?', 1, [2])`)
	v.throws(`SQL: `, `power.sql('SELECT ?')`)
	// A caught error leaves the transaction sound.
	v.want(`1`, `try { power.sql('nonsense') } catch {} ; power.t.set('z', 1); return power.t.get('z')`)
}

// TestSQLExclusive: what needs the store alone passes through as the error that
// has the host run the message again, whatever the program catches.
func TestSQLExclusive(t *testing.T) {
	v := newVat(t, Grants{Store: true}, tableT)
	program := `exports.main = ({ power }) => {
		try { power.sql('CREATE TABLE seen (who TEXT) STRICT'); power.sql("INSERT INTO seen VALUES (?)", 'bob') } catch (e) { return 'caught ' + e.message }
		return power.sql('SELECT who FROM seen')
	}`
	a := v.attempt(&Recorder{}, "", program)
	if !errors.Is(a.err, store.ErrExclusive) {
		t.Fatalf("got %v, want ErrExclusive", a.err)
	}
	a.tx.Rollback()
	tx, err := v.store.BeginExclusive(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	a = v.attemptIn(tx, &Recorder{}, "", program)
	v.commit(a)
	if got := string(a.out.Result); got != `[{"who":"bob"}]` {
		t.Errorf("got %s", got)
	}
}

// TestConflict: two messages read and write one row; the second to commit is to
// be run again, and what it staged has not happened.
func TestConflict(t *testing.T) {
	v := newVat(t, Grants{Store: true}, tableT)
	program := `exports.main = ({ power }) => { power.t.set('n', (power.t.get('n') ?? 0) + 1) }`
	first, second := v.attempt(&Recorder{}, "", program), v.attempt(&Recorder{}, "", program)
	v.commit(first)
	if err := second.tx.Commit(t.Context(), nil); !errors.Is(err, store.ErrConflict) {
		t.Fatalf("got %v, want a conflict", err)
	}
	v.commit(v.attempt(&Recorder{}, "", program))
	v.want(`2`, `return power.t.get('n')`)
}

// TestStoreArguments calls the Go half as a guest half that has been taken over
// would.
func TestStoreArguments(t *testing.T) {
	long := strings.Repeat("k", 2000)
	for _, c := range []struct{ method, args, name, want string }{
		{"get", `["t"]`, "TypeError", "takes 2 arguments, not 1"},
		{"get", `["t","k","x"]`, "TypeError", "takes 2 arguments, not 3"},
		{"get", `["t",1]`, "TypeError", "the key is not a string"},
		{"get", `["t",null]`, "TypeError", "the key is not a string"},
		{"get", `["t",""]`, "TypeError", "the key is empty"},
		{"get", `["","k"]`, "TypeError", "the table's name is empty"},
		{"get", `["qvat:mail","k"]`, "TypeError", "get: tables whose names begin with \"qvat:\" are the vat's own"},
		{"set", `["qvat:","k",1]`, "TypeError", "set: tables whose names begin with \"qvat:\" are the vat's own"},
		{"has", `["qvat:mail","k"]`, "TypeError", "the vat's own"},
		{"delete", `["qvat:mail","k"]`, "TypeError", "the vat's own"},
		{"entries", `["qvat:mail",{}]`, "TypeError", "the vat's own"},
		{"count", `["qvat:mail"]`, "TypeError", "the vat's own"},
		{"get", `[7,"k"]`, "TypeError", "the table's name is not a string"},
		{"get", `["t","` + long + `"]`, "RangeError", "a key's bytes"},
		{"get", `["` + long + `","k"]`, "RangeError", "a table name's bytes"},
		{"get", `["t","\ud800"]`, "TypeError", "a lone surrogate"},
		{"get", `["t","\udc00\ud800"]`, "TypeError", "a lone surrogate"},
		{"get", "[\"t\",\"\xff\"]", "TypeError", "not JSON"},
		{"get", `["t","k"`, "TypeError", "not JSON"},
		{"get", `{"t":"k"}`, "TypeError", "not an array"},
		{"get", ``, "TypeError", "not JSON"},
		{"set", `["t","k"]`, "TypeError", "takes 3 arguments"},
		{"set", `["t","k",` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + `]`, "TypeError", "nest more than"},
		{"set", `["t","k","` + strings.Repeat("v", 2<<20) + `"]`, "RangeError", "a value's bytes"},
		{"set", `["t","k",{"a":"\ud83d"}]`, "TypeError", "a lone surrogate"},
		{"entries", `["t",1]`, "TypeError", "the query is not an object"},
		{"entries", `["t",{"perfix":"a"}]`, "TypeError", `the property "perfix"`},
		{"entries", `["t",{"Prefix":"a"}]`, "TypeError", `the property "Prefix"`},
		{"entries", `["t",{"prefix":1}]`, "TypeError", "prefix is not a string"},
		{"entries", `["t",{"limit":0}]`, "RangeError", "limit is not a whole number"},
		{"entries", `["t",{"limit":1.5}]`, "RangeError", "limit is not a whole number"},
		{"entries", `["t",{"limit":1e9}]`, "RangeError", "limit is not a whole number"},
		{"entries", `["t",{"limit":"1"}]`, "TypeError", "limit is not a number"},
		{"entries", `["t",{"limit":1000000}]`, "RangeError", "entries at a time"},
		{"count", `[]`, "TypeError", "takes 1 arguments, not 0"},
		{"sql", `[]`, "TypeError", "takes a statement"},
		{"sql", `[1]`, "TypeError", "the statement is not a string"},
		{"sql", `["SELECT ?",{}]`, "TypeError", "parameter 1"},
		{"sql", `["SELECT ?",1e400]`, "Error", "parameter 1 is no number"},
		{"drop", `["t"]`, "TypeError", `no method "drop"`},
		{strings.Repeat("x", 999), `[]`, "TypeError", "no method"},
	} {
		tx, err := newStore(t).Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		wantRefusal(t, &storePower{tx}, c.method, c.args, c.name, c.want)
		tx.Rollback()
	}
}

// wantRefusal calls a power and compares the refusal.
func wantRefusal(t *testing.T, p runtime.Power, method, args, name, want string) {
	t.Helper()
	shown := args[:min(len(args), 80)]
	_, err := p.Call(context.Background(), method, []byte(args))
	var r *runtime.Refusal
	switch {
	case !errors.As(err, &r):
		t.Errorf("%s %s: got %v, want a refusal", method, shown, err)
	case r.Name != name || !strings.Contains(r.Message, want):
		t.Errorf("%s %s: got %s: %s\nwant %s: … %s …", method, shown, r.Name, r.Message, name, want)
	case len(r.Message) > 2000:
		t.Errorf("%s %s: the refusal is %d bytes", method, shown, len(r.Message))
	}
}
