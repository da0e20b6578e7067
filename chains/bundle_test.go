package chains_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"qvat/chains"
)

// rawModule is a module of a bundle that may be wrong.
type rawModule struct{ name, text string }

// rawBundle writes a bundle without asking whether it is one.
func rawBundle(main chains.Hash, modules ...rawModule) []byte {
	b := append([]byte("qvb1"), main[:]...)
	b = binary.BigEndian.AppendUint16(b, uint16(len(modules)))
	for _, m := range modules {
		b = binary.BigEndian.AppendUint16(b, uint16(len(m.name)))
		b = append(b, m.name...)
		b = binary.BigEndian.AppendUint32(b, uint32(len(m.text)))
		b = append(b, m.text...)
	}
	return b
}

// bundleOf is the bundle of main and the other modules, in their order.
func bundleOf(main chains.Program, modules ...chains.BundleModule) chains.Bundle {
	b := chains.Bundle{Main: main.Hash(), Modules: slices.Clone(modules)}
	slices.SortFunc(b.Modules, func(x, y chains.BundleModule) int {
		hx, hy := x.Program.Hash(), y.Program.Hash()
		return bytes.Compare(hx[:], hy[:])
	})
	return b
}

func requiring(hashes ...chains.Hash) string {
	var b strings.Builder
	for _, h := range hashes {
		fmt.Fprintf(&b, "require('%s')\n", h)
	}
	return b.String()
}

// genBundle draws a bundle: each module but main is required by one after it,
// and perhaps by more.
func genBundle(t *rapid.T) chains.Bundle {
	n := rapid.IntRange(1, 8).Draw(t, "modules")
	names := rapid.StringMatching(`[a-z é☃/.]{1,20}`)
	requires := make([][]chains.Hash, n)
	var modules []chains.BundleModule
	for i := range n {
		p, err := chains.NewProgram(fmt.Appendf(nil, "// %d\n%s", i, requiring(requires[i]...)), 0)
		if err != nil {
			t.Fatal(err)
		}
		modules = append(modules, chains.BundleModule{Name: names.Draw(t, "name"), Program: p})
		for j := i + 1; j < n; j++ {
			if j == i+1 || rapid.Bool().Draw(t, "also") {
				requires[j] = append(requires[j], p.Hash())
			}
		}
	}
	return bundleOf(modules[n-1].Program, modules...)
}

func TestBundleRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := genBundle(t)
		b, err := want.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if !chains.IsBundle(b) {
			t.Fatal("a bundle does not begin as one")
		}
		kept := bytes.Clone(b)
		got, err := chains.DecodeBundle(b, chains.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		clear(b) // nothing of the buffer may be kept
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("got %+v, want %+v", got, want)
		}
		cut := rapid.IntRange(0, len(kept)-1).Draw(t, "cut")
		var m *chains.MalformedError
		if _, err := chains.DecodeBundle(kept[:cut], chains.Limits{}); !errors.As(err, &m) || m.Offset > cut {
			t.Fatalf("cut to %d bytes: %v", cut, err)
		}
	})
}

// TestBundleFlipped: whatever bit of a bundle is flipped, what decodes has that
// one encoding; a body or main's hash that has changed is always refused.
func TestBundleFlipped(t *testing.T) {
	leaf := program(t, "exports.leaf = 1")
	main := program(t, requiring(leaf.Hash()))
	whole := bundleOf(main, chains.BundleModule{Name: "main.js", Program: main}, chains.BundleModule{Name: "leaf.js", Program: leaf})
	b, err := whole.Encode()
	if err != nil {
		t.Fatal(err)
	}
	for bit := range len(b) * 8 {
		flipped := bytes.Clone(b)
		flipped[bit/8] ^= 1 << (bit % 8)
		got, err := chains.DecodeBundle(flipped, chains.Limits{})
		if err != nil {
			checkRefusal(t, err, len(flipped))
			continue
		}
		again, err := got.Encode()
		if err != nil || !bytes.Equal(again, flipped) {
			t.Errorf("bit %d: encoded again, the bytes are others (error %v)", bit, err)
		}
		if got.Main != whole.Main || got.Modules[0].Program.Hash() != whole.Modules[0].Program.Hash() ||
			got.Modules[1].Program.Hash() != whole.Modules[1].Program.Hash() {
			t.Errorf("bit %d: flipping it made another bundle: %+v", bit, got)
		}
	}
}

func TestBundleMalformed(t *testing.T) {
	leaf := program(t, "exports.leaf = 1")
	main := program(t, requiring(leaf.Hash()))
	stranger := program(t, "exports.stranger = 1")
	var none chains.Hash
	lonely := program(t, requiring(none))
	const head = 4 + 32 + 2
	var in []rawModule // in the order in which they must stand
	for _, m := range bundleOf(main, chains.BundleModule{Name: "main.js", Program: main}, chains.BundleModule{Name: "leaf.js", Program: leaf}).Modules {
		in = append(in, rawModule{m.Name, m.Program.Text()})
	}
	a, b := in[0], in[1]
	second := head + 2 + len(a.name) + 4 + len(a.text)
	mainAt := head
	if a.name != "main.js" {
		mainAt = second
	}
	one := func(name string) []byte { return rawBundle(leaf.Hash(), rawModule{name, leaf.Text()}) }
	good := rawBundle(main.Hash(), a, b)

	tests := []struct {
		name   string
		b      []byte
		offset int
		what   string
	}{
		{"empty", nil, 0, "cut short"},
		{"a chain", []byte("qvc1\x01"), 0, `does not begin with "qvb1"`},
		{"no hash", []byte("qvb1\x00\x00"), 4, "main's hash needs 32 bytes"},
		{"no count", good[:36], 36, "the count of modules needs 2 bytes"},
		{"no modules", rawBundle(leaf.Hash()), 36, "from 1 to 65535"},
		{"a count beyond the end", append(bytes.Clone(good[:36]), 0xff, 0xff, 0), 36, "65535 modules need at least 458745 bytes and 1 are left"},
		{"no name", one(""), head, "name of 0 bytes"},
		{"a name of 513 bytes", one(strings.Repeat("x", 513)), head, "name of 513 bytes"},
		{"a name that is cut short", append(bytes.Clone(good[:36]), 0, 1, 0, 7, 'l', 'e', 'a', 0, 0), head + 2, "a module's name needs 7 bytes and 5 are left"},
		{"a name that is not UTF-8", one("lib/é\xff"), head + 2 + 6, "not valid UTF-8"},
		{"a line end in a name", one("lib\n"), head + 2 + 3, "control character"},
		{"DEL in a name", one("\x7f"), head + 2, "control character"},
		{"C1 in a name", one("é\u009b"), head + 2 + 2, "control character"},
		{"NUL in a body", rawBundle(leaf.Hash(), rawModule{"x", "ab\x00"}), head + 2 + 1 + 4 + 2, "NUL"},
		{"a body beyond the end", good[:len(good)-1], second + 2 + len(b.name), "only"},
		{"the other order", rawBundle(main.Hash(), b, a), head + 2 + len(b.name) + 4 + len(b.text), "module 2 does not come after"},
		{"twice", rawBundle(leaf.Hash(), rawModule{"x", leaf.Text()}, rawModule{"y", leaf.Text()}), head + 2 + 1 + 4 + len(leaf.Text()), "each once"},
		{"main is elsewhere", rawBundle(stranger.Hash(), a, b), 4, "main is none of the bundle's modules"},
		{"a module that nothing leads to", rawBundle(leaf.Hash(), a, b), mainAt, "nothing leads from main to module main.js"},
		{"a requirement that is not there", rawBundle(lonely.Hash(), rawModule{"x", lonely.Text()}), head, "module x requires 0000000000000000000000000000000000000000000000000000000000000000, which is not in the bundle"},
		{"a byte after it", append(bytes.Clone(good), 0), len(good), "1 bytes after the end"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := chains.DecodeBundle(test.b, chains.Limits{})
			var m *chains.MalformedError
			if !errors.As(err, &m) || m.Offset != test.offset || !strings.Contains(m.What, test.what) {
				t.Errorf("%v, want %q at byte %d", err, test.what, test.offset)
			}
		})
	}
	if _, err := chains.DecodeBundle(good, chains.Limits{}); err != nil {
		t.Errorf("the good one is refused: %v", err)
	}
}

// A bundle that is put together is judged as one that is decoded.
func TestBundleBuiltByHand(t *testing.T) {
	leaf := program(t, "exports.leaf = 1")
	main := program(t, requiring(leaf.Hash()))
	named := func(name string, p chains.Program) chains.BundleModule {
		return chains.BundleModule{Name: name, Program: p}
	}
	good := bundleOf(main, named("main.js", main), named("leaf.js", leaf))
	swapped := chains.Bundle{Main: good.Main, Modules: []chains.BundleModule{good.Modules[1], good.Modules[0]}}
	tests := []struct {
		name   string
		bundle chains.Bundle
		what   string // "" for a good one
	}{
		{"good", good, ""},
		{"one module", bundleOf(leaf, named("leaf.js", leaf)), ""},
		{"the same name twice", bundleOf(main, named("x", main), named("x", leaf)), ""},
		{"a name of 512 bytes", bundleOf(leaf, named(strings.Repeat("é", 256), leaf)), ""},
		{"nothing", chains.Bundle{}, "a bundle of 0 modules"},
		{"too many", chains.Bundle{Main: leaf.Hash(), Modules: make([]chains.BundleModule, 1<<16)}, "a bundle of 65536 modules"},
		{"a zero Program", chains.Bundle{Modules: []chains.BundleModule{{Name: "x"}}}, "module 1 is no program"},
		{"no name", bundleOf(leaf, named("", leaf)), "name of 0 bytes"},
		{"a long name", bundleOf(leaf, named(strings.Repeat("x", 513), leaf)), "name of 513 bytes"},
		{"a name that is not UTF-8", bundleOf(leaf, named("\xff", leaf)), "not valid UTF-8"},
		{"a tab in a name", bundleOf(leaf, named("a\tb", leaf)), "control character"},
		{"the other order", swapped, "module 2 does not come after"},
		{"no main", bundleOf(main, named("leaf.js", leaf)), "main is none of"},
		{"not whole", bundleOf(main, named("main.js", main)), "module main.js requires " + leaf.Hash().String() + ", which is not in the bundle"},
		{"a stranger", bundleOf(leaf, named("main.js", main), named("leaf.js", leaf)), "nothing leads from main to module main.js"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b, err := test.bundle.Encode()
			if test.what == "" {
				if got, again := chains.DecodeBundle(b, chains.Limits{}); err != nil || again != nil || !reflect.DeepEqual(got, test.bundle) {
					t.Fatalf("encode: %v; decode: %v", err, again)
				}
				return
			}
			var m *chains.MalformedError
			if b != nil || !errors.As(err, &m) || !strings.Contains(m.What, test.what) {
				t.Errorf("%d bytes, %v; want %q", len(b), err, test.what)
			}
		})
	}
}

func TestBundleLimits(t *testing.T) {
	p := program(t, strings.Repeat("x", 100))
	b, err := bundleOf(p, chains.BundleModule{Name: "x", Program: p}).Encode()
	if err != nil {
		t.Fatal(err)
	}
	large := make([]byte, chains.DefaultBundle+1)
	copy(large, b)
	tests := []struct {
		name  string
		b     []byte
		lim   chains.Limits
		limit string // the one that is met
		max   int
	}{
		{"defaults", b, chains.Limits{}, "", 0},
		{"negative is the default", b, chains.Limits{Bundle: -1, Program: -1}, "", 0},
		{"just enough", b, chains.Limits{Bundle: len(b), Program: 100}, "", 0},
		{"a capsule's limit is none", b, chains.Limits{Capsule: 1, Input: 1}, "", 0},
		{"bundle", b, chains.Limits{Bundle: len(b) - 1}, chains.BundleBytes, len(b) - 1},
		{"program", b, chains.Limits{Program: 99}, chains.ProgramBytes, 99},
		{"bundle comes first", b, chains.Limits{Bundle: 10, Program: 1}, chains.BundleBytes, 10},
		{"bundle, by default", large, chains.Limits{}, chains.BundleBytes, chains.DefaultBundle},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := chains.DecodeBundle(test.b, test.lim)
			if test.limit == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			var large *chains.TooLargeError
			if !errors.As(err, &large) || large.Limit != test.limit || large.Max != test.max {
				t.Fatalf("%v, want %s of %d", err, test.limit, test.max)
			}
		})
	}
}

func TestIsBundle(t *testing.T) {
	for text, want := range map[string]bool{
		"": false, "qvb": false, "qvp1": false, " qvb1": false, "qvb1": true, "qvb1 and more": true,
	} {
		if got := chains.IsBundle([]byte(text)); got != want {
			t.Errorf("%q begins as a bundle: %v, want %v", text, got, want)
		}
	}
}

// FuzzBundle: what decodes is encoded again to itself, is whole, and fits into a
// capsule; the rest is refused with a reason.
func FuzzBundle(f *testing.F) {
	leaf := program(f, "exports.leaf = 1")
	middle := program(f, requiring(leaf.Hash()))
	main := program(f, requiring(middle.Hash(), leaf.Hash()))
	named := func(p chains.Program) chains.BundleModule { return chains.BundleModule{Name: "lib/x.js", Program: p} }
	for _, b := range []chains.Bundle{
		bundleOf(leaf, named(leaf)),
		bundleOf(middle, named(middle), named(leaf)),
		bundleOf(main, named(main), named(middle), named(leaf)),
	} {
		good, err := b.Encode()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(good)
		f.Add(good[:len(good)-1])
		f.Add(append(bytes.Clone(good), 0))
	}
	f.Add(rawBundle(main.Hash(), rawModule{"main.js", main.Text()}))
	f.Add(rawBundle(leaf.Hash(), rawModule{"\n", leaf.Text()}))
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := chains.DecodeBundle(b, chains.Limits{Bundle: 1 << 16, Program: 1 << 12})
		if err != nil {
			checkRefusal(t, err, len(b))
			return
		}
		again, err := got.Encode()
		if err != nil || !bytes.Equal(again, b) {
			t.Errorf("encoded again, the bytes are others (error %v)", err)
		}
		c := chains.Capsule{Chain: chains.Chain{Links: []chains.Link{{Program: got.Main}}}}
		have := map[chains.Hash]bool{}
		for _, m := range got.Modules {
			c.Programs = append(c.Programs, m.Program)
			have[m.Program.Hash()] = true
		}
		if _, err := c.Encode(); err != nil {
			t.Errorf("it does not fit into a capsule: %v", err)
		}
		for _, m := range got.Modules {
			for _, h := range m.Program.Requires() {
				if !have[h] {
					t.Errorf("it is not whole: %s is not there", h)
				}
			}
		}
	})
}
