package runtime_test

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"testing"

	"qvat/guest"
)

// TestRealm lets a program walk the realm that it runs in, and compares what it
// finds with the table of permits.
func TestRealm(t *testing.T) {
	var permits struct {
		Globals []string
		Own     map[string]string // what is not frozen, and why
	}
	if err := json.Unmarshal([]byte(guest.Permits), &permits); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("testdata/realm.js")
	if err != nil {
		t.Fatal(err)
	}
	o := hostileOptions()
	o.Limits.Fuel, o.Limits.Memory, o.Limits.HostCalls = 4_000_000_000, 512<<20, 100_000
	e := newEngine(t, o)
	c := hostile{input: `{"a":[{"b":1}]}`, links: []string{
		string(text),
		`exports.main = ({ power }) => { if (power.fail) throw new TypeError('x'); return { f() { }, list: [{}] } }`,
	}}
	out, err := e.Turn(t.Context(), c.message(t))
	if err != nil {
		t.Fatal(err)
	}
	var found struct {
		Globals, Open []string
		Shared, Calls int
	}
	if err := json.Unmarshal(out.Result, &found); err != nil {
		t.Fatal(err)
	}
	slices.Sort(permits.Globals)
	if !slices.Equal(found.Globals, permits.Globals) {
		t.Errorf("the globals are\n%q\nand the table has\n%q", found.Globals, permits.Globals)
	}
	if own := slices.Sorted(maps.Keys(permits.Own)); !slices.Equal(found.Open, own) {
		t.Errorf("open are\n%q\nand the table has\n%q", found.Open, own)
	}
	if found.Shared < 600 || found.Calls < 30_000 {
		t.Errorf("the walk met only %d objects by %d calls", found.Shared, found.Calls)
	}
	t.Logf("%d shared objects, %d calls, fuel %d", found.Shared, found.Calls, out.Fuel)
}
