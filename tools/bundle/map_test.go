package bundle_test

import (
	"bytes"
	"strings"
	"testing"

	"qvat/chains"
	"qvat/tools/bundle"
)

const (
	hashA = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	hashB = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
)

func hash(t testing.TB, s string) chains.Hash {
	t.Helper()
	h, err := chains.ParseHash(s)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// TestDecodeMap: what is a map, and what is none.
func TestDecodeMap(t *testing.T) {
	for text, good := range map[string]bool{
		`{"version":1,"modules":{}}`: true, `{"version":1}`: true, `{"version":1,"modules":null}`: true, `{"version":1,"modules":{"` + hashA + `":{"name":"a","map":{"sources":["a"],"mappings":"AAAA"}}}}`: true,
		`{"version":1,"modules":{"` + hashA + `":{"name":"a","map":{"sources":null,"mappings":"???"}}}}` + "\n": true,
		``: false, `null x`: false, `[]`: false, `{"version":2}`: false, `{"version":1,"modules":{"x":{}}}`: false, `{"version":1,"modules":{"` + strings.ToUpper(hashA) + `":{}}}`: false,
		`{"version":1}{}`: false, `{"version":1}}`: false, `null`: false, `{}`: false, `{"modules":{}}`: false, `{"version":"1"}`: false, `{"version":1,"modules":{"` + hashA + `":{"map":{"sources":[5]}}}}`: false, strings.Repeat("[", 100_000): false,
	} {
		m, err := bundle.DecodeMap([]byte(text))
		if (err == nil) != good {
			t.Errorf("%.100s: %v", text, err)
		}
		if err != nil {
			continue
		}
		// It is good for use.
		m.Add(bundle.NewMap())
		m.Add(&bundle.Map{Modules: map[string]bundle.MapModule{hashB: {Name: "b"}}})
		if m.Name(hash(t, hashB)) != "b" {
			t.Errorf("%.100s: nothing can be added", text)
		}
		one, err1 := m.Encode()
		again, err2 := bundle.DecodeMap(one)
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		if two, err := again.Encode(); err != nil || !bytes.Equal(one, two) {
			t.Errorf("%s and %s", one, two)
		}
	}
}

// TestMap: maps are joined and parted by hash.
func TestMap(t *testing.T) {
	a, b := hash(t, hashA), hash(t, hashB)
	line := func(name string) bundle.MapModule {
		return bundle.MapModule{Name: name, Map: bundle.SourceMap{Sources: []string{name}, Mappings: "AAAA;AACA"}}
	}
	m := bundle.NewMap()
	m.Modules[hashA] = line("a")
	m.Add(nil)
	m.Add(&bundle.Map{Version: 1, Modules: map[string]bundle.MapModule{hashA: line("other"), hashB: line("b")}})
	if m.Name(a) != "a" || m.Name(b) != "b" {
		t.Errorf("they are called %s and %s", m.Name(a), m.Name(b))
	}
	if p, ok := m.Position(b, 2, 5); !ok || p != (bundle.Place{File: "b", Line: 2, Column: 1}) {
		t.Error(p, ok)
	}
	only := m.Only(b, chains.Hash{})
	if len(only.Modules) != 1 || only.Name(b) != "b" || only.Version != 1 {
		t.Errorf("only b: %v", only)
	}
	var none *bundle.Map
	if _, ok := none.Position(a, 1, 1); ok || none.Name(a) != "" || len(none.Only(a).Modules) != 0 {
		t.Error("no map knows something")
	}
	if _, ok := m.Position(chains.Hash{}, 1, 1); ok {
		t.Error("of a program that it does not know it knows a place")
	}
}

// TestFind: the place is that of the last segment at or before it on its line.
func TestFind(t *testing.T) {
	// Line 1: 0 -> a 1:1, 10 -> b 3:5; line 2: none; line 3: 4 -> nothing, 8 -> a 2:1.
	m := bundle.SourceMap{Sources: []string{"a", "b"}, Mappings: "AAAA,UCEI;;I,IDDJ"}
	for at, want := range map[[2]int]bundle.Place{
		{1, 0}: {File: "a", Line: 1, Column: 1}, {1, 1}: {File: "a", Line: 1, Column: 1}, {1, 10}: {File: "a", Line: 1, Column: 1}, {1, 11}: {File: "b", Line: 3, Column: 5}, {1, 1 << 40}: {File: "b", Line: 3, Column: 5},
		{2, 1}: {}, {3, 9}: {File: "a", Line: 2, Column: 1}, {3, 100}: {File: "a", Line: 2, Column: 1}, {4, 1}: {}, {0, 1}: {}, {-1, 1}: {}, {1 << 40, 1}: {},
	} {
		if got, ok := m.Find(at[0], at[1]); got != want || ok != (want.File != "") {
			t.Errorf("%v is %v (%v), and not %v", at, got, ok, want)
		}
	}
	whole := bundle.SourceMap{Sources: []string{"a"}}
	if got, ok := whole.Find(7, 9); !ok || got != (bundle.Place{File: "a", Line: 7, Column: 9}) {
		t.Error(got, ok)
	}
}

// TestMoved: where parts of lines have become longer or shorter, and where a
// text goes on after its source.
func TestMoved(t *testing.T) {
	// Line 2 of the text has 20 units in the place of 5, from column 10 on; on
	// line 4, 7 units are gone.
	const side = `{"version":1,"modules":{"` + hashA + `":{"name":"a","map":{"sources":["a"],"mappings":"","lines":4,"moved":[{"l":1,"c":9,"s":9},{"l":1,"c":29,"s":14},{"l":3,"c":0,"s":0},{"l":3,"c":0,"s":7}]}}}}`
	m, err := bundle.DecodeMap([]byte(side))
	if err != nil {
		t.Fatal(err)
	}
	for at, want := range map[[2]int][2]int{
		{1, 5}: {1, 5}, {2, 0}: {2, 1}, {2, 9}: {2, 9}, {2, 10}: {2, 10}, {2, 12}: {2, 12}, {2, 15}: {2, 15}, {2, 29}: {2, 15}, {2, 30}: {2, 15}, {2, 35}: {2, 20},
		{3, 50}: {3, 50}, {4, 1}: {4, 8}, {4, 3}: {4, 10}, {5, 1}: {}, {0, 1}: {},
	} {
		got, ok := m.Position(hash(t, hashA), at[0], at[1])
		if ok != (want[0] > 0) || ok && (got.Line != want[0] || got.Column != want[1]) {
			t.Errorf("%v is %v (%v), and not %v", at, got, ok, want)
		}
	}
	again, err := m.Encode()
	if err != nil || string(again) != side+"\n" {
		t.Errorf("it becomes %s %v", again, err)
	}
}

// FuzzMap: maps from anybody are read without harm, and to an end: no number in
// one is counted up to.
func FuzzMap(f *testing.F) {
	f.Add([]byte(`{"version":1,"modules":{"`+hashA+`":{"name":"a","map":{"sources":["a"],"mappings":"AAAA,UCEI;;I,IDDJ"}}}}`), 1, 1)
	f.Add([]byte(`{"version":1,"modules":{"`+hashA+`":{"map":{"sources":[],"mappings":"ggggggggggggggggggD,;,;A"}}}}`), 3, -5)
	f.Add([]byte(`{"version":1,"modules":{"`+hashA+`":{"map":{"sources":["",""],"mappings":"DDDD"}}}}`), 0, 0)
	f.Add([]byte(`{"version":1,"modules":{"`+hashA+`":{"map":{"sources":["a"],"lines":2,"moved":[{"l":0,"c":-9,"s":-9223372036854775808},{"l":0,"c":9223372036854775807,"s":5}]}}}}`), 1, 1)
	f.Fuzz(func(t *testing.T, text []byte, line, column int) {
		m, err := bundle.DecodeMap(text)
		if err != nil {
			return
		}
		for h := range m.Modules {
			p, ok := m.Position(hash(t, h), line, column)
			if ok && (p.Line < 1 || p.Column < 1 || p.File == "") {
				t.Errorf("a place that is none: %v", p)
			}
		}
		one, err := m.Encode()
		if err != nil {
			t.Fatal(err)
		}
		again, err := bundle.DecodeMap(one)
		if err != nil {
			t.Fatal(err)
		}
		if two, err := again.Encode(); err != nil || !bytes.Equal(one, two) {
			t.Errorf("%s and %s: %v", one, two, err)
		}
	})
}

// FuzzFind is about the mappings alone.
func FuzzFind(f *testing.F) {
	for _, s := range []string{"", "AAAA", "AAAA,UCEI;;I,IDDJ", ";;;;A", "gggggggggggggggg", "D", "AAAAAA", "AD", "+/+/+/+/", "A,,A;,"} {
		f.Add(s, 1, 1)
	}
	f.Fuzz(func(t *testing.T, mappings string, line, column int) {
		p, ok := bundle.SourceMap{Sources: []string{"a", "b", ""}, Mappings: mappings}.Find(line, column)
		if ok && (p.Line < 1 || p.Column < 1 || p.File == "") {
			t.Errorf("a place that is none: %v", p)
		}
	})
}
