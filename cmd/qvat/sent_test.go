package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"qvat/chains"
	"qvat/chains/chaintest"
)

// TestSent holds what is said to have been sent against what arrived, for vats
// that have any of the programs already, and take them inside a message or
// ahead of it.
func TestSent(t *testing.T) {
	root := chaintest.Public(chaintest.Root)
	large := "// " + strings.Repeat("x", 300<<10) + "\n"
	rapid.Check(t, func(t *rapid.T) {
		v := newFakeVat(root)
		v.quiet = rapid.Bool().Draw(t, "quiet")
		v.limits = map[string]int64{chains.CapsuleBytes: int64(rapid.SampledFrom([]int{1000, 8 << 20}).Draw(t, "capsule_bytes"))}
		url := v.serve(rapidCleanup{t})

		// Modules that require some of those before them, and main all of them.
		var programs []chains.Program
		requires := ""
		n := rapid.IntRange(0, 5).Draw(t, "modules")
		for i := range n {
			text := fmt.Sprintf("// %d\n", i) + requires
			if rapid.IntRange(0, 9).Draw(t, "large") == 0 {
				text += large
			}
			p, err := chains.NewProgram([]byte(text), 0)
			if err != nil {
				t.Fatal(err)
			}
			programs = append(programs, p)
			line := fmt.Sprintf("require('%s')\n", p.Hash())
			if rapid.Bool().Draw(t, "all") {
				requires += line
			} else {
				requires = line
			}
		}
		story := chaintest.ParseTexts("root", map[string]string{"root": requires + "// answer 1\n"})
		c := story.Capsule("")
		c.Programs = append(c.Programs, programs...)
		named := newDraft(c)
		if _, err := c.Encode(); err != nil {
			t.Skip("a module that nothing requires")
		}
		for _, p := range c.Programs {
			if rapid.Bool().Draw(t, "has") {
				v.have[p.Hash()] = p
			}
		}
		answer, err := silent().deliver(t.Context(), savedVat{URL: url}, chains.PublicKey{}, named, true)
		if err != nil {
			t.Fatal(err)
		}
		arrived := arrivals(v)
		switch s := answer.Sent; {
		case s == nil && !v.quiet:
			t.Fatalf("it is not known what was sent; arrived: %d\n%s", arrived, v.asked())
		case s == nil:
		case s.Programs != arrived || s.Programs+s.Saved.Programs != len(c.Programs):
			t.Fatalf("sent: %+v of %d; arrived: %d\n%s", s, len(c.Programs), arrived, v.asked())
		}
	})
}

// arrivals counts the programs that the fake vat was given: those of the last
// message, or those that were put ahead of it.
func arrivals(v *fakeVat) int {
	last, put := 0, 0
	for _, line := range strings.Split(v.asked(), "\n") {
		var links, n int
		if _, err := fmt.Sscanf(line, "invoke: %d links, %d programs", &links, &n); err == nil {
			last = n
		}
		if strings.HasPrefix(line, "put ") {
			put++
		}
	}
	return last + put
}

// rapidCleanup lets a fake vat end with one run of a property.
type rapidCleanup struct{ *rapid.T }

func TestSentText(t *testing.T) {
	some := func(n int, bytes int64, savedN int, savedBytes int64) sent {
		s := sent{Programs: n, Bytes: bytes}
		s.Saved.Programs, s.Saved.Bytes = savedN, savedBytes
		return s
	}
	for _, c := range []struct {
		s    sent
		want string
	}{
		{some(3, 4120, 9, 38_400), "sent 3 of 12 programs, 4.1 kB; 38 kB were there already"},
		{some(1, 1, 0, 0), "sent 1 program, 1 byte"},
		{some(0, 0, 1, 999), "sent no programs; 1 program, 999 bytes, were there already"},
		{some(2, 0, 0, 0), "sent 2 programs, 0 bytes"},
	} {
		if got := c.s.String(); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
	for n, want := range map[int64]string{
		1000: "1.0 kB", 9949: "9.9 kB", 9950: "10 kB", 999_499: "999 kB", 999_500: "1.0 MB", 64 << 20: "67 MB", 5e12: "5.0 TB", 5e15: "5000 TB",
	} {
		if got := inUnits(n); got != want {
			t.Errorf("%d bytes are %q, want %q", n, got, want)
		}
	}
}

// TestSentIsTold holds that it is said on a terminal, and where it is asked for.
func TestSentIsTold(t *testing.T) {
	v := newFakeVat(chaintest.Public(chaintest.Root))
	url := v.serve(t)
	dir := t.TempDir()
	module := textProgram(t, "exports.one = 1\n")
	with := chaintest.ParseTexts("root", map[string]string{"root": "require('" + module.Hash().String() + "')\n// answer 1\n"}).Capsule("")
	with.Programs = append(with.Programs, module)
	without := chaintest.ParseTexts("root", map[string]string{"root": "// answer 1\n"}).Capsule("")
	for _, c := range []struct {
		name     string
		capsule  chains.Capsule
		terminal bool
		flags    []string
		told     bool
		inJSON   bool
	}{
		{"modules on a terminal", with, true, nil, true, false},
		{"modules, to a file", with, false, nil, false, false},
		{"modules, to a file, asked for", with, false, []string{"-v"}, true, false},
		{"a program on a terminal", without, true, nil, false, false},
		{"a program, asked for", without, false, []string{"--verbose"}, true, false},
		{"modules, for programs", with, false, []string{"--json"}, false, true},
		{"modules, for both", with, true, []string{"--json"}, true, true},
		{"a program, for programs", without, true, []string{"--json"}, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := writeCapsule(t, dir, c.capsule)
			a := silent()
			var out, text bytes.Buffer
			a.Stdout, a.Stderr, a.Terminal = &out, &text, c.terminal
			if code := a.run(t.Context(), append([]string{"call", url, path}, c.flags...)); code != 0 {
				t.Fatalf("exit code %d: %s", code, text.String())
			}
			if told := strings.HasPrefix(text.String(), "sent "); told != c.told || !told && text.Len() > 0 {
				t.Errorf("stderr is %q", text.String())
			}
			if got := strings.Contains(out.String(), `"sent":{"programs":`); got != c.inJSON {
				t.Errorf("stdout is %q", out.String())
			}
		})
	}
}

func writeCapsule(t *testing.T, dir string, c chains.Capsule) string {
	t.Helper()
	b, err := c.Encode()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "x.chain")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
