package main

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"qvat/chains"
	"qvat/cmd/qvat/cli"
	"qvat/host/fault"
	"qvat/tools/bundle"
)

func TestUnitColumn(t *testing.T) {
	for _, c := range []struct {
		line         string
		column, want int
	}{
		{"throw 1", 1, 1},
		{"throw 1", 7, 7},
		{"throw 1", 99, 8},
		{"throw 1", 0, 0},
		{"é = 1", 4, 3},
		{"'世界' + x", 12, 8},
		{"'𝄞' + x", 10, 8}, // two units
		{"世", 2, 2},        // in the middle of a character
	} {
		if got := unitColumn(c.line, c.column); got != c.want {
			t.Errorf("byte column %d of %q is unit column %d, want %d", c.column, c.line, got, c.want)
		}
	}
}

func TestTextLine(t *testing.T) {
	for _, c := range []struct {
		number int
		want   string
		ok     bool
	}{{1, "a", true}, {2, "", true}, {3, "c", true}, {4, "", true}, {5, "", false}, {0, "", false}, {-1, "", false}} {
		if got, ok := textLine("a\n\nc\n", c.number); ok != c.ok || ok && got != c.want {
			t.Errorf("line %d is %q, %t; want %q, %t", c.number, got, ok, c.want, c.ok)
		}
	}
}

func TestBrief(t *testing.T) {
	for _, name := range []string{"", "lib/é.js", strings.Repeat("x", 512), strings.Repeat("世", 200), strings.Repeat("x", 1<<20)} {
		got := brief(name)
		kept, cut := strings.CutSuffix(got, "…")
		if len(got) > 512+len("…") || !utf8.ValidString(got) || !strings.HasPrefix(name, kept) || cut != (len(name) > 512) {
			t.Errorf("%d bytes become %q", len(name), got)
		}
	}
}

// TestSource holds that a place in a program is found in its source, in the
// column where the author sees it, and that the fault keeps its own.
func TestSource(t *testing.T) {
	p := textProgram(t, "// one\nconst 世界 = () => fail()\n")
	h := p.Hash().String()
	d := newDraft(chains.Capsule{Programs: []chains.Program{p}})
	known := bundle.NewMap()
	// Line 2: from column 1 on it is line 1; from column 18, where fail stands,
	// line 5, column 3.
	known.Modules[h] = bundle.MapModule{Name: "x.ts", Map: bundle.SourceMap{Sources: []string{"src/x.ts"}, Mappings: ";AAAA,iBAIE"}}
	d.origin = func() *bundle.Map { return known }
	f := &fault.Error{Code: fault.ProgramError, Message: "no", Program: h, Line: 2, Column: 22}
	shown := faultFailure(f, d)
	b, err := json.Marshal(withSource(shown.Fault, shown.Err))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"code":"program_error","message":"no","program":"` + h + `","line":2,"column":22,"source":{"file":"src/x.ts","line":5,"column":3}}`
	if string(b) != want {
		t.Errorf("%s, want %s", b, want)
	}
	for _, f := range []*fault.Error{
		{Code: fault.ProgramError, Program: h},
		{Code: fault.ProgramError, Program: h, Line: 9, Column: 1},
		{Code: fault.ProgramError, Program: strings.Repeat("0", 64), Line: 2, Column: 22},
		{Code: fault.ProgramError, Program: "none", Line: 2, Column: 22},
		{Code: fault.ProgramError, Line: 2, Column: 22},
	} {
		if at, ok := d.source(f); ok {
			t.Errorf("%+v is found at %+v", f, at)
		}
	}
}

// TestMapIsSafe holds that no map writes on the terminal what it likes, and
// none breaks an error.
func TestMapIsSafe(t *testing.T) {
	p := textProgram(t, "throw 1\nthrow 2\n")
	rapid.Check(t, func(t *rapid.T) {
		wild := rapid.OneOf(rapid.String(), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }))
		mappings := rapid.OneOf(rapid.String(), rapid.StringMatching(`[A-Z;,a-z0-9+/]{0,30}`), rapid.Just("AAAA;AACA"))
		known := bundle.NewMap()
		known.Modules[p.Hash().String()] = bundle.MapModule{
			Name: wild.Draw(t, "name"),
			Map:  bundle.SourceMap{Sources: []string{wild.Draw(t, "file")}, Mappings: mappings.Draw(t, "mappings")},
		}
		d := newDraft(chains.Capsule{Programs: []chains.Program{p}})
		d.origin = func() *bundle.Map { return known }
		f := &fault.Error{
			Code: fault.ProgramError, Program: p.Hash().String(), Missing: []string{p.Hash().String()},
			Line: rapid.IntRange(0, 4).Draw(t, "line"), Column: rapid.IntRange(0, 12).Draw(t, "column"),
		}
		a := silent()
		var out, asJSON strings.Builder
		a.Stdout = &asJSON
		shown := a.alsoJSON(faultFailure(f, d))
		cli.AsFailure(shown).Print(&out)
		for _, text := range []string{out.String(), asJSON.String()} {
			if dangerous(text) {
				t.Fatalf("this would be written: %q", text)
			}
		}
		if cli.AsFailure(shown).ExitCode() != 20 {
			t.Fatalf("the map made it %v", shown)
		}
	})
}
