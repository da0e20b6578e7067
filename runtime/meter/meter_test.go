package meter_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"qvat/runtime/meter"
)

var options = meter.Options{Refill: "env.refill", Globals: []string{"sp"}}

// Types of the modules that the tests assemble: by index.
const (
	takesNothing = iota // () -> i32
	takesOne            // (i32) -> i32
)

// assemble writes a module: it imports env.refill, which is function 0, has
// functions of the given bodies from 1 on, a table of those that are listed, two
// to four pages of memory, the global sp, and exports "f", the last function.
func assemble(functions ...fn) []byte {
	section := func(id byte, body ...byte) []byte { return append(append([]byte{id}, leb(len(body))...), body...) }
	name := func(s string) []byte { return append(leb(len(s)), s...) }
	types := []byte{2, 0x60, 0, 1, 0x7f, 0x60, 1, 0x7f, 1, 0x7f}
	imports := append(append(append([]byte{1}, name("env")...), name("refill")...), 0, takesNothing)
	decls, code := leb(len(functions)), leb(len(functions))
	var listed []byte
	n := 0
	for i, f := range functions {
		decls = append(decls, f.typ)
		if f.listed {
			listed = append(listed, leb(i+1)...)
			n++
		}
		body := append(append([]byte{1, 1, 0x7f}, f.body...), 0x0b) // one local, an i32
		code = append(append(code, leb(len(body))...), body...)
	}
	table := append(append([]byte{1, 0, 0x41, 0, 0x0b}, leb(n)...), listed...)
	exports := append(append([]byte{3}, name("f")...), 0)
	exports = append(exports, leb(len(functions))...)
	exports = append(append(exports, name("sp")...), 3, 0)
	exports = append(append(exports, name("memory")...), 2, 0)
	return bytes.Join([][]byte{
		{0, 'a', 's', 'm', 1, 0, 0, 0},
		section(1, types...), section(2, imports...), section(3, decls...),
		section(4, append([]byte{1, 0x70, 0}, leb(len(functions))...)...), section(5, 1, 1, 2, 4),
		section(6, 1, 0x7f, 1, 0x41, 0, 0x0b), section(7, exports...), section(9, table...), section(10, code...),
	}, nil)
}

type fn struct {
	typ    byte
	body   []byte
	listed bool // in the table
}

func leb(n int) []byte {
	var out []byte
	for n >= 0x80 {
		out = append(out, byte(n)|0x80)
		n >>= 7
	}
	return append(out, byte(n))
}

// Pieces of bodies. Local 0 is the argument of what takes one; the local that
// assemble declares comes after.
var (
	one      = []byte{0x41, 1}
	argument = []byte{0x20, 0}
	// countdown loops as often as its argument says, with work inside of it.
	countdown = func(work ...byte) []byte {
		return bytes.Join([][]byte{{0x03, 0x40}, work, {0x20, 0, 0x41, 1, 0x6b, 0x22, 0, 0x0d, 0, 0x0b}, one}, nil)
	}
	// recurse calls a function with one less, until there is nothing left.
	recurse = func(callee byte) []byte {
		return []byte{0x20, 0, 0x04, 0x7f, 0x20, 0, 0x41, 1, 0x6b, 0x10, callee, 0x05, 0x41, 7, 0x0b}
	}
)

// machine is a rewritten module with a host that counts how often it is asked
// for fuel.
type machine struct {
	f       api.Function
	fuel    api.MutableGlobal
	memory  api.Memory
	refills int
}

// start instantiates a module. The host answers each call of refill with more.
func start(t *testing.T, wasm []byte, more int64) *machine {
	t.Helper()
	ctx := t.Context()
	r := wazero.NewRuntime(ctx)
	t.Cleanup(func() {
		if err := r.Close(context.WithoutCancel(ctx)); err != nil {
			t.Error(err)
		}
	})
	m := &machine{}
	_, err := r.NewHostModuleBuilder("env").NewFunctionBuilder().WithFunc(func() int32 {
		m.refills++
		if m.fuel != nil {
			m.fuel.Set(m.fuel.Get() + uint64(more))
		}
		return 0
	}).Export("refill").Instantiate(ctx)
	if err != nil {
		t.Fatal(err)
	}
	mod, err := r.Instantiate(ctx, wasm)
	if err != nil {
		t.Fatal(err)
	}
	m.f, m.memory = mod.ExportedFunction("f"), mod.Memory()
	m.fuel, _ = mod.ExportedGlobal(meter.Fuel).(api.MutableGlobal)
	return m
}

func rewrite(t *testing.T, wasm []byte) []byte {
	t.Helper()
	out, err := meter.Rewrite(wasm, options)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestCharges counts what each construct costs, to the unit.
func TestCharges(t *testing.T) {
	const plenty = 1 << 40
	leaf := fn{typ: takesOne, body: argument}
	for _, c := range []struct {
		name      string
		functions []fn
		arg       uint64
		want      uint64
		fuel      int64
	}{
		{"a function that does nothing", []fn{leaf}, 5, 5, 0},
		{"a loop of one turn", []fn{{typ: takesOne, body: countdown()}}, 1, 1, 1},
		{"a loop of ten turns", []fn{{typ: takesOne, body: countdown()}}, 10, 1, 10},
		{"a loop of a million turns", []fn{{typ: takesOne, body: countdown()}}, 1_000_000, 1, 1_000_000},
		{"a loop in a block that is left", []fn{{typ: takesOne, body: []byte{0x02, 0x40, 0x0c, 0, 0x03, 0x40, 0x0b, 0x0b, 0x41, 9}}}, 1, 9, 0},
		{"a call of a function", []fn{leaf, {typ: takesOne, body: []byte{0x20, 0, 0x10, 1}}}, 3, 3, 0},
		{"a call in a loop", []fn{leaf, {typ: takesOne, body: countdown(0x20, 0, 0x10, 1, 0x1a)}}, 10, 1, 10},
		{"a call of a loop in a loop", []fn{{typ: takesOne, body: countdown()}, {typ: takesOne, body: countdown(0x20, 0, 0x10, 1, 0x1a)}}, 4, 1, 4 + 4 + 3 + 2 + 1},
		{"recursion", []fn{{typ: takesOne, body: recurse(1)}}, 10, 7, 11},
		{"recursion of two: one of them pays", []fn{{typ: takesOne, body: recurse(2)}, {typ: takesOne, body: recurse(1)}}, 10, 7, 5},
		{"recursion of three", []fn{{typ: takesOne, body: recurse(2)}, {typ: takesOne, body: recurse(3)}, {typ: takesOne, body: recurse(1)}}, 9, 7, 3},
		{"who calls what recurs", []fn{{typ: takesOne, body: recurse(1)}, {typ: takesOne, body: []byte{0x20, 0, 0x10, 1}}}, 10, 7, 11},
		{"a call through the table", []fn{{typ: takesOne, body: argument, listed: true}, {typ: takesOne, body: []byte{0x20, 0, 0x41, 0, 0x11, takesOne, 0}}}, 3, 3, 1},
		{"recursion through the table", []fn{{typ: takesOne, body: []byte{0x20, 0, 0x04, 0x7f, 0x20, 0, 0x41, 1, 0x6b, 0x41, 0, 0x11, takesOne, 0, 0x05, 0x41, 7, 0x0b}, listed: true}}, 10, 7, 11},
		{"a call of what the table holds as well", []fn{{typ: takesOne, body: argument, listed: true}, {typ: takesOne, body: []byte{0x20, 0, 0x10, 1}}}, 3, 3, 1},
		{"a call of the host", []fn{{typ: takesOne, body: []byte{0x10, 0}}}, 0, 0, 1},
		{"memory.copy of nothing", []fn{{typ: takesOne, body: []byte{0x41, 0, 0x41, 0, 0x20, 0, 0xfc, 10, 0, 0, 0x41, 2}}}, 0, 2, 0},
		{"memory.copy of 63 bytes", []fn{{typ: takesOne, body: []byte{0x41, 0, 0x41, 0, 0x20, 0, 0xfc, 10, 0, 0, 0x41, 2}}}, 63, 2, 0},
		{"memory.copy of 64 KiB", []fn{{typ: takesOne, body: []byte{0x41, 0, 0x41, 0, 0x20, 0, 0xfc, 10, 0, 0, 0x41, 2}}}, 65536, 2, 1024},
		{"memory.fill of 6400 bytes", []fn{{typ: takesOne, body: []byte{0x41, 0, 0x41, 1, 0x20, 0, 0xfc, 11, 0, 0x41, 2}}}, 6400, 2, 100},
		{"memory.grow that is granted", []fn{{typ: takesOne, body: []byte{0x20, 0, 0x40, 0}}}, 1, 2, 0},
		{"memory.size", []fn{{typ: takesOne, body: []byte{0x3f, 0}}}, 1, 2, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := start(t, rewrite(t, assemble(c.functions...)), 0)
			m.fuel.Set(plenty)
			got, err := m.f.Call(t.Context(), c.arg)
			if err != nil {
				t.Fatal(err)
			}
			if burnt := plenty - int64(m.fuel.Get()); got[0] != c.want || burnt != c.fuel {
				t.Errorf("got %d for %d of fuel, want %d for %d", got[0], burnt, c.want, c.fuel)
			}
			if asked := m.refills; asked != 0 && c.name != "a call of the host" {
				t.Errorf("the host was asked %d times for fuel, and there was plenty", asked)
			}
		})
	}
}

// TestRefill hands out fuel by the slice: the module asks when it is below
// zero, and goes on as if nothing had been.
func TestRefill(t *testing.T) {
	for _, c := range []struct {
		name  string
		more  int64
		turns uint64
		asked int
	}{
		{"one at a time", 1, 100, 100},
		{"ten at a time", 10, 100, 10},
		{"more than enough", 1000, 100, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := start(t, rewrite(t, assemble(fn{typ: takesOne, body: countdown()})), c.more)
			got, err := m.f.Call(t.Context(), c.turns)
			if err != nil || got[0] != 1 {
				t.Fatal(got, err)
			}
			if m.refills != c.asked {
				t.Errorf("asked %d times, want %d", m.refills, c.asked)
			}
			if left := int64(m.fuel.Get()); left != c.more*int64(c.asked)-int64(c.turns) {
				t.Errorf("%d of fuel are left", left)
			}
		})
	}
}

// TestRefusedGrowthTraps wants no answer of -1.
func TestRefusedGrowthTraps(t *testing.T) {
	grow := fn{typ: takesOne, body: []byte{0x20, 0, 0x40, 0}}
	plain := start(t, assemble(grow), 0)
	got, err := plain.f.Call(t.Context(), 100)
	if err != nil || int32(got[0]) != -1 {
		t.Fatalf("as it was: %d, %v", int32(got[0]), err)
	}
	m := start(t, rewrite(t, assemble(grow)), 0)
	if _, err := m.f.Call(t.Context(), 100); err == nil || !strings.Contains(err.Error(), "unreachable") {
		t.Errorf("got %v, want a trap", err)
	}
	if size := m.memory.Size(); size != 2<<16 {
		t.Errorf("the memory has %d bytes", size)
	}
}

// TestRefused are modules that the rewriter must not accept: they could keep
// state where nobody sets it back, or hold what it does not know.
func TestRefused(t *testing.T) {
	good := assemble(fn{typ: takesOne, body: argument})
	rewrite(t, good)
	for _, c := range []struct {
		name   string
		module []byte
		o      meter.Options
		want   string
	}{
		{"nothing", nil, options, "version 1"},
		{"another version", []byte("\x00asm\x02\x00\x00\x00"), options, "version 1"},
		{"no sections", good[:8], options, "no globals"},
		{"a section that ends early", good[:len(good)-1], options, "too early"},
		{"a mutable global that is not known", good, meter.Options{Refill: "env.refill"}, "mutable global 0"},
		{"a global that is not exported", good, meter.Options{Refill: "env.refill", Globals: []string{"sp", "other"}}, "other"},
		{"no such import", good, meter.Options{Refill: "env.other", Globals: []string{"sp"}}, "env.other"},
		{"table.set", assemble(fn{typ: takesOne, body: []byte{0x41, 0, 0xd0, 0x70, 0x26, 0, 0x41, 1}}), options, "0x26"},
		{"table.grow", assemble(fn{typ: takesOne, body: []byte{0xd0, 0x70, 0x41, 1, 0xfc, 15, 0}}), options, "0xfc 15"},
		{"memory.init", assemble(fn{typ: takesOne, body: []byte{0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 8, 0, 0, 0x41, 1}}), options, "0xfc 8"},
		{"data.drop", assemble(fn{typ: takesOne, body: []byte{0xfc, 9, 0, 0x41, 1}}), options, "0xfc 9"},
		{"a vector", assemble(fn{typ: takesOne, body: []byte{0xfd, 0x0c}}), options, "0xfd"},
		{"a tail call", assemble(fn{typ: takesOne, body: []byte{0x20, 0, 0x12, 1}}), options, "0x12"},
		{"an exception", assemble(fn{typ: takesOne, body: []byte{0x08, 0}}), options, "0x8"},
		{"a call of what is not there", assemble(fn{typ: takesOne, body: []byte{0x10, 9}}), options, "not there"},
		{"a module that has such fuel already", rewrite(t, good), meter.Options{Refill: "env.refill", Globals: []string{"sp", meter.Fuel}}, meter.Fuel},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, err := meter.Rewrite(c.module, c.o)
			if err == nil {
				t.Fatalf("it was accepted: % x", out)
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want a word of %q", err, c.want)
			}
		})
	}
}
