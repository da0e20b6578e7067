package main

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"qvat/chains"
)

// TestTree holds that a tree shows what can be reached: each program once in
// full, every requirement in its place, and nothing too far to the right.
func TestTree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 60).Draw(t, "programs")
		chance := rapid.IntRange(1, 30).Draw(t, "one in")
		nodes := map[string]node{}
		edges := 0
		for i := range n {
			var requires []string
			if i > 0 {
				requires = []string{fmt.Sprint("h", i-1)}
			}
			for j := range max(0, i-1) {
				if rapid.IntRange(1, chance).Draw(t, "requires") == 1 {
					requires = append(requires, fmt.Sprint("h", j))
				}
			}
			edges += len(requires)
			nodes[fmt.Sprint("h", i)] = node{bytes: i, requires: requires}
		}
		var out strings.Builder
		tr := newTree(nodes)
		tr.write(&out, "", fmt.Sprint("h", n-1))
		full, above, continued, announced := map[string]bool{}, 0, 0, 0
		for _, line := range strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n") {
			if at := strings.IndexFunc(line, func(r rune) bool { return r == 'h' }); len([]rune(line[:max(at, 0)])) > 4*deepest {
				t.Fatalf("too far to the right: %q", line)
			}
			what := strings.TrimLeft(line, "│├└─ ")
			name, rest, _ := strings.Cut(what, ", ")
			switch {
			case line == "":
			case strings.HasSuffix(what, " (above)"):
				above++
			case strings.HasSuffix(what, " (continued)"):
				continued++
			case full[name]:
				t.Fatalf("%s is there in full twice:\n%s", name, out.String())
			default:
				full[name] = true
				if strings.HasSuffix(rest, " (continued below)") {
					announced++
				}
			}
		}
		if len(full) != n || len(tr.order) != n || above != edges-(n-1) || continued != announced {
			t.Fatalf("%d of %d programs, %d of %d again, %d continued of %d:\n%s", len(full), n, above, edges-(n-1), continued, announced, out.String())
		}
	})
}

// TestTreeBounded holds that a bundle as deep as it has modules takes a line for
// each, of a bounded length.
func TestTreeBounded(t *testing.T) {
	const n = 20_000
	nodes := map[string]node{}
	for i := range n {
		nodes[fmt.Sprint(i)] = node{requires: []string{fmt.Sprint(i + 1)}}
	}
	nodes[fmt.Sprint(n)] = node{}
	var out bytes.Buffer
	newTree(nodes).write(&out, "", "0")
	if out.Len() > n*4*deepest*len("─") {
		t.Errorf("%d modules take %d bytes", n, out.Len())
	}
	if got := bytes.Count(out.Bytes(), []byte("(continued)")); got != n/deepest {
		t.Errorf("it begins again %d times", got)
	}
}

func TestSharing(t *testing.T) {
	nodes := map[string]node{
		"main": {bytes: 1, requires: []string{"a", "b", "leaf"}},
		"a":    {bytes: 10, requires: []string{"leaf"}},
		"b":    {bytes: 100, requires: []string{"a", "leaf"}},
		"leaf": {bytes: 1000},
	}
	for _, c := range []struct {
		modules []string
		want    string
	}{
		{[]string{"main", "b"}, "2 modules, 101 bytes of text; none is required by more than one"},
		{[]string{"a"}, "1 module, 10 bytes of text; 1 is required by more than one, and sharing it saves 10 bytes"},
		{[]string{"main", "a", "b", "leaf"}, "4 modules, 1111 bytes of text; 2 are required by more than one, and sharing them saves 2010 bytes"},
	} {
		if got := sharing(nodes, c.modules); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

// TestInspectBundleIsSafe holds that no bundle writes on the terminal what it
// likes.
func TestInspectBundleIsSafe(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b chains.Bundle
		requires := ""
		for range rapid.IntRange(1, 4).Draw(t, "modules") {
			text := rapid.StringN(0, 30, -1).Filter(func(s string) bool { return !strings.Contains(s, "\x00") }).Draw(t, "text")
			p, err := chains.NewProgram([]byte(requires+text), 0)
			if err != nil {
				t.Skip(err)
			}
			requires += fmt.Sprintf("require('%s')\n", p.Hash())
			name := rapid.OneOf(rapid.String(), rapid.Just("a\u202eb\u2028c\u200bd")).Draw(t, "name")
			b.Main = p.Hash()
			b.Modules = append(b.Modules, chains.BundleModule{Name: name, Program: p})
		}
		slices.SortFunc(b.Modules, func(x, y chains.BundleModule) int {
			return strings.Compare(x.Program.Hash().String(), y.Program.Hash().String())
		})
		made, err := b.Encode()
		if err != nil {
			return // a name with a control character, for instance
		}
		got, err := chains.DecodeBundle(made, chains.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		a := silent()
		var out, asJSON strings.Builder
		a.Stdout = &out
		if err := a.printBundle(rapid.String().Draw(t, "file"), viewBundle(got, len(made)), true); err != nil {
			t.Fatal(err)
		}
		a.Stdout = &asJSON
		if err := a.PrintJSON(viewBundle(got, len(made))); err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{out.String(), asJSON.String()} {
			if dangerous(text) {
				t.Fatalf("this would be written: %q", text)
			}
		}
	})
}
