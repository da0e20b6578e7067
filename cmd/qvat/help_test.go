package main

import (
	"io"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"qvat/cmd/qvat/cli"
)

// silent is an app with nothing around it.
func silent() *app {
	return &app{App: &cli.App{
		Stdin:  strings.NewReader(""),
		Stdout: io.Discard,
		Stderr: io.Discard,
		Getenv: func(string) string { return "" },
	}}
}

// TestHelp holds that each command explains itself: what it is, in a line and
// at length, with an example that names it, and each of its flags.
func TestHelp(t *testing.T) {
	root := newRoot(silent())
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		t.Run(c.CommandPath(), func(t *testing.T) { checkHelp(t, c) })
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(root)
	want := []string{"agent", "bundle", "call", "chain", "completion", "dev", "exit-codes", "init", "inspect", "key", "new", "open", "run", "sign", "test", "vat"}
	for i, c := range root.Commands() {
		if i >= len(want) || c.Name() != want[i] {
			t.Errorf("command %d is %s; all should be %q", i, c.Name(), want)
		}
	}
}

func checkHelp(t *testing.T, c *cobra.Command) {
	if c.Short == "" || strings.HasSuffix(c.Short, ".") {
		t.Errorf("the line about it is %q", c.Short)
	}
	if c.Long == "" {
		t.Error("nothing is said about it at length")
	}
	for _, line := range strings.Split(c.Long+"\n"+c.Example, "\n") {
		if len([]rune(line)) > 120 || strings.HasSuffix(line, " ") {
			t.Errorf("this line does not fit: %q", line)
		}
	}
	if c.Runnable() && !strings.Contains(c.Example, c.CommandPath()) {
		t.Errorf("no example shows %s", c.CommandPath())
	}
	c.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if f.Usage == "" {
			t.Errorf("nothing is said about --%s", f.Name)
		}
	})
}

// TestExamplesParse holds that what the examples show is taken.
func TestExamplesParse(t *testing.T) {
	root := newRoot(silent())
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		for _, line := range strings.Split(c.Example, "\n") {
			if words := exampleWords(line); len(words) > 0 {
				parseExample(t, words)
			}
		}
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(root)
}

// exampleWords are the arguments of an example of qvat's. What stands after two
// spaces is about the example.
func exampleWords(line string) []string {
	line, ok := strings.CutPrefix(strings.TrimSpace(line), "qvat")
	if !ok {
		return nil
	}
	line, _, _ = strings.Cut(strings.TrimSpace(line), "   ")
	line, _, _ = strings.Cut(line, " > ") // the shell's part
	line = strings.ReplaceAll(line, "$(qvat key show vat/keys/root.key)", "ROOTKEY")
	return shellWords(line)
}

// shellWords are the words of a line as a shell takes them, quotes away.
func shellWords(line string) (words []string) {
	var word strings.Builder
	inside, quote := false, rune(0)
	for _, r := range line + " " {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '\'' || r == '"'):
			quote, inside = r, true
		case quote == 0 && r == ' ':
			if inside {
				words = append(words, word.String())
			}
			word.Reset()
			inside = false
		default:
			word.WriteRune(r)
			inside = true
		}
	}
	return words
}

func parseExample(t *testing.T, words []string) {
	t.Helper()
	c, rest, err := newRoot(silent()).Find(words)
	if err != nil {
		t.Errorf("%q: %v", words, err)
		return
	}
	if c.Name() == "help" {
		return
	}
	if err := c.ParseFlags(rest); err != nil {
		t.Errorf("%q: %v", words, err)
	}
	if err := c.ValidateArgs(c.Flags().Args()); err != nil {
		t.Errorf("%q: %v", words, err)
	}
}
