package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/spf13/pflag"
	"pgregory.net/rapid"

	"qvat/chains"
	"qvat/chains/chaintest"
	"qvat/cmd/qvat/cli"
	"qvat/host/api"
)

// TestAddFlags holds that each --key signs the program of the --add before it,
// in any mixture with other arguments.
func TestAddFlags(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var words []string
		var want addFlags
		for i := range rapid.IntRange(0, 4).Draw(t, "programs") {
			words = append(words, "--add", fmt.Sprint("p", i))
			want = append(want, added{program: fmt.Sprint("p", i)})
			for j := range rapid.IntRange(0, 3).Draw(t, "keys") {
				key := fmt.Sprint("k", i, j)
				if rapid.Bool().Draw(t, "other") {
					words = append(words, "--other", "VAT")
				}
				words = append(words, "--key="+key)
				want[i].keys = append(want[i].keys, key)
			}
		}
		var got addFlags
		f := pflag.NewFlagSet("test", pflag.ContinueOnError)
		f.String("other", "", "")
		got.register(f)
		if err := f.Parse(words); err != nil {
			t.Fatalf("%q: %v", words, err)
		}
		if got.String() != want.String() {
			t.Fatalf("%q is %s, want %s", words, got.String(), want.String())
		}
		// A key that comes before any program is for nothing.
		early := pflag.NewFlagSet("test", pflag.ContinueOnError)
		(&addFlags{}).register(early)
		if err := early.Parse(append([]string{"--key", "k"}, words...)); err == nil {
			t.Fatal("a --key before any --add is taken")
		}
	})
}

// TestCallInterrupted holds that a call whose context ends gives up, and ends
// with the code of Ctrl-C.
func TestCallInterrupted(t *testing.T) {
	v := newFakeVat(chaintest.Public(chaintest.Root))
	url := v.serve(t)
	story := chaintest.ParseTexts("root", map[string]string{"root": "// hang\n"})
	b, err := story.Capsule("").Encode()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "hang.chain")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-v.entered
		cancel()
	}()
	a := silent()
	var out, text bytes.Buffer
	a.Stdout, a.Stderr = &out, &text
	if code := a.run(ctx, []string{"call", url, path, "--json"}); code != 130 {
		t.Errorf("exit code %d, want 130", code)
	}
	<-v.left
	want := "qvat: error: interrupted before the vat answered\nhint: if the message was sent already, the vat may still have committed it\n"
	if text.String() != want {
		t.Errorf("stderr is %q, want %q", text.String(), want)
	}
	if want := `{"error":{"code":"interrupted","message":"interrupted before the vat answered"}}` + "\n"; out.String() != want {
		t.Errorf("stdout is %q, want %q", out.String(), want)
	}
}

// full takes nothing, as a full disk does.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, os.ErrClosed }

// TestStdoutFull holds that a result that could not be written is no success.
func TestStdoutFull(t *testing.T) {
	a := silent()
	a.Stdout = full{}
	for name, err := range map[string]error{
		"result":  a.printAnswer(answered{Answer: api.Answer{Result: []byte("1")}}, false),
		"json":    a.printAnswer(answered{Answer: api.Answer{Result: []byte("1")}}, true),
		"table":   a.Table(func(w *cli.Table) { w.Row("a", "b") }),
		"inspect": a.printView("x", view(chaintest.Parse("root").Capsule(""), 1, chains.PublicKey{}), false),
	} {
		if cli.AsFailure(err).ExitCode() != 1 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestProgress holds that waiting is shown after a second, on a terminal
// alone, and leaves an empty line behind.
func TestProgress(t *testing.T) {
	for _, c := range []struct {
		name     string
		terminal bool
		wait     time.Duration
		shown    bool
	}{
		{"short", true, 900 * time.Millisecond, false},
		{"long", true, 3 * time.Second, true},
		{"long, to no terminal", false, 3 * time.Second, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := silent()
				var out bytes.Buffer
				a.Stderr, a.Terminal = &out, c.terminal
				p := a.progress("asking")
				time.Sleep(c.wait)
				p.now("waiting for the answer")
				p.done()
				p.done()
				// The spinner looks at the clock once more, and ends.
				time.Sleep(time.Second)
				synctest.Wait()
				got := out.String()
				if shown := strings.Contains(got, "asking") && strings.Contains(got, "waiting for the answer"); shown != c.shown {
					t.Errorf("shown: %t, want %t: %q", shown, c.shown, got)
				}
				if !c.shown && got != "" {
					t.Errorf("%q was written", got)
				}
				if last := got[strings.LastIndex("\r"+got, "\r"):]; strings.TrimSpace(last) != "" {
					t.Errorf("left behind: %q", last)
				}
			})
		})
	}
}
