package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/testscript"
	"pgregory.net/rapid"

	"qvat/host/control"
	"qvat/host/mail"
)

// cmdAwaits is `awaits PATTERN PROGRAM ARGS...`: runs it until its output
// matches, as what happens in the background will have it do.
func cmdAwaits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: awaits PATTERN PROGRAM ARGS...")
	}
	pattern, err := regexp.Compile(args[0])
	ts.Check(err)
	for {
		ts.Check(ts.Exec(args[1], args[2:]...))
		if pattern.MatchString(ts.ReadFile("stdout")) {
			return
		}
	}
}

// cmdRefuses is `refuses WHAT WHY`: self refuses the newest request for WHAT.
func cmdRefuses(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: refuses WHAT WHY")
	}
	ts.Check(ts.Exec("qvat", "agent", "inbox", "--json"))
	var all []control.Message
	ts.Check(json.Unmarshal([]byte(ts.ReadFile("stdout")), &all))
	for _, m := range slices.Backward(all) {
		if m.What == args[0] {
			ts.Check(ts.Exec("qvat", "agent", "reject", fmt.Sprint(m.Number), "--why", args[1]))
			return
		}
	}
	ts.Fatalf("nobody asks for %s", args[0])
}

// cmdAccepts is `accepts FILE NAME AGENT CODE`: the agent accepts the invitation
// whose locator is in the file, and the command ends with that code.
func cmdAccepts(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 4 {
		ts.Fatalf("usage: accepts FILE NAME AGENT CODE")
	}
	locator := strings.TrimSpace(ts.ReadFile(args[0]))
	cmdExits(ts, false, []string{args[3], "qvat", "agent", "accept", locator, "--name", args[1], "--as", args[2]})
}

// TestTogether holds that a text that was taken apart is put together again, and
// that nothing in a message reaches the terminal as it is.
func TestTogether(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := control.Message{
			FromName: rapid.String().Draw(t, "from"), ToName: "SELF", Type: "package", State: rapid.String().Draw(t, "state"),
			What: rapid.String().Draw(t, "what"), Why: rapid.String().Draw(t, "why"),
		}
		n := rapid.IntRange(0, 3).Draw(t, "edges")
		for range n {
			m.Strings = append(m.Strings, rapid.OneOf(rapid.String(), rapid.StringMatching(`[a@\\:{}.-]*`)).Draw(t, "text"))
			m.Edges = append(m.Edges, rapid.StringMatching(`[a-z0-9][a-z0-9-]{0,5}`).Draw(t, "edge"))
			m.Types = append(m.Types, "value")
		}
		m.Strings = append(m.Strings, rapid.OneOf(rapid.String(), rapid.StringMatching(`[a@\\:{}.-]*`)).Draw(t, "text"))
		w, err := takeApart(newAgent(silent()), together(m))
		if err != nil {
			t.Fatalf("%q: %v", together(m), err)
		}
		if strings.Join(w.Strings, "|") != strings.Join(m.Strings, "|") || !slices.Equal(w.Edges, m.Edges) {
			t.Errorf("%+v became %q", m, w)
		}
		for _, line := range strings.Split(strings.TrimSuffix(messageText(m, 0), "\n"), "\n") {
			if dangerous(line) {
				t.Errorf("a terminal minds %q", line)
			}
		}
		columns := rapid.IntRange(20, 120).Draw(t, "columns")
		for i, line := range strings.Split(strings.TrimSuffix(messageText(m, columns), "\n"), "\n") {
			if i > 0 && !strings.HasPrefix(line, "   ") || utf8.RuneCountInString(line) > columns {
				t.Errorf("at %d columns there is the line %q", columns, line)
			}
		}
	})
}

// TestMessageText: what others write cannot look like another message.
func TestMessageText(t *testing.T) {
	m := control.Message{
		Number: 7, Type: "package", FromName: "b0b", FromLike: "bob", ToName: "SELF", State: "new",
		Date:    time.Date(2026, 11, 23, 9, 0, 0, 0, time.Local),
		Strings: []string{"hi\n8  package from bob, 2026-11-23 09:00:00, new\x1b[1A", "!"}, Edges: []string{"x"}, Types: []string{"chain"},
	}
	const want = `7  package from b0b (looks like bob), 2026-11-23 09:00:00, new
   hi
   8  package from bob, 2026-11-23 09:00:00, new\x1b[1A@x!
   @x is a chain
`
	if got := messageText(m, 0); got != want {
		t.Errorf("it is shown as\n%s\nand should be\n%s", got, want)
	}
}

// TestMessageTextOnTerminal: a long line cannot be made to go on as another
// message where a terminal breaks it, by spaces or by any character that shows
// nothing.
func TestMessageTextOnTerminal(t *testing.T) {
	for _, space := range []string{" ", "\t", "\u00a0", "\u2003", "\u2800", "\u3164"} {
		m := control.Message{Number: 7, Type: "package", FromName: "bob", ToName: "SELF", State: "new", Strings: []string{
			"hi" + strings.Repeat(space, 200) + "8  package from carol",
		}}
		if got := strings.Split(messageText(m, 0), "\n")[1]; len([]rune(got)) > 60 {
			t.Errorf("%q leaves %q", space, got)
		}
	}
	m := control.Message{Number: 7, Type: "package", FromName: "bob", ToName: "SELF", State: "new", Strings: []string{
		strings.Repeat("x", 77) + "8  package from carol" + strings.Repeat("世", 40),
	}}
	for _, line := range strings.Split(messageText(m, 80), "\n")[1:3] {
		if !strings.HasPrefix(line, "   ") || len([]rune(line)) > 80 {
			t.Errorf("a terminal of 80 columns shows %q", line)
		}
	}
}

// TestMailExit holds that each code of package mail has a row of its own kind.
func TestMailExit(t *testing.T) {
	for _, c := range []mail.Code{
		mail.NotFound, mail.BadName, mail.Refused, mail.Full, mail.BadSeal, mail.Replayed,
		mail.Expired, mail.Used, mail.Wrong, mail.Elsewhere, mail.Failed,
	} {
		if name := mailExit(c); exitCode(name) < 40 {
			t.Errorf("%s ends with %s, %d", c, name, exitCode(name))
		}
	}
}

// running is `qvat run` of a new vat in a folder, until the test ends.
func running(t *testing.T) (dir string, stop func()) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "vat")
	cmd := exec.Command("qvat", "init", dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if err := warm(dir); err != nil {
		t.Fatal(err)
	}
	cmd = exec.Command("qvat", "run", dir, "--listen", "127.0.0.1:0")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		if err := errors.Join(cmd.Process.Signal(os.Interrupt), cmd.Wait()); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(stop)
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	return dir, stop
}

// agentDoes runs `qvat agent` and gives what it prints.
func agentDoes(t *testing.T, dir string, args ...string) string {
	t.Helper()
	var stderr strings.Builder
	cmd := exec.Command("qvat", append([]string{"agent", "--vat", dir}, args...)...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("qvat agent %q: %v\n%s", args, err, &stderr)
	}
	return strings.TrimSuffix(string(out), "\n")
}

// TestInboxFollows: -f shows what is there, then what comes, then a change of
// what was shown; told to stop it ends well, and without its vat it does not.
func TestInboxFollows(t *testing.T) {
	dir, stop := running(t)
	agentDoes(t, dir, "mkguest", "bob")
	agentDoes(t, dir, "send", "bob", "one")
	cmd := exec.Command("qvat", "agent", "inbox", "-f", "--json", "--as", "bob", "--vat", dir)
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(pipe)
	next := func(number uint64, state, text string) {
		t.Helper()
		line, err := in.ReadBytes('\n')
		var m control.Message
		if err := errors.Join(err, json.Unmarshal(line, &m)); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if m.Number != number || m.State != state || together(m) != text || m.FromName != mail.NameHost {
			t.Fatalf("followed %s, expected number %d, %s, %q", line, number, state, text)
		}
	}
	next(1, "new", "one")
	agentDoes(t, dir, "send", "bob", "two")
	next(2, "new", "two")
	agentDoes(t, dir, "dismiss", "1", "--as", "bob")
	next(1, "dismissed", "one")
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("told to stop, it ends with %v", err)
	}

	cmd = exec.Command("qvat", "agent", "list", "-f", "--vat", dir)
	if pipe, err = cmd.StdoutPipe(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	in = bufio.NewReader(pipe)
	for _, want := range []string{"bob  handle\n", "photos  directory\n", "photos  is gone\n"} {
		switch want {
		case "photos  directory\n":
			agentDoes(t, dir, "mkdir", "photos")
		case "photos  is gone\n":
			agentDoes(t, dir, "remove", "photos")
		}
		if line, err := in.ReadString('\n'); err != nil || line != want {
			t.Errorf("followed %q, %v, expected %q", line, err, want)
		}
	}
	stop()
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != exitCode(exitUnreachable) {
		t.Errorf("when its vat stops, it ends with %v", err)
	}
}

// TestInboxPages: a mailbox of more than one page is shown whole, once and in
// order.
func TestInboxPages(t *testing.T) {
	dir, _ := running(t)
	agentDoes(t, dir, "mkguest", "bob")
	client := control.NewClient(dir)
	defer client.Close()
	const sent = 2*page + 7
	for i := range sent {
		q := control.Sending{To: "bob", Strings: []string{fmt.Sprint(i + 1)}}
		if _, err := control.Do[control.Sent](t.Context(), client, "self", "send", q); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		args  []string
		first int
	}{
		{nil, 1},
		{[]string{"--limit", "150"}, sent - 149},
		{[]string{"--after", "100"}, 101},
		{[]string{"--after", fmt.Sprint(sent)}, sent + 1},
	} {
		var all []control.Message
		if err := json.Unmarshal([]byte(agentDoes(t, dir, append([]string{"inbox", "--as", "bob", "--json"}, c.args...)...)), &all); err != nil {
			t.Fatal(err)
		}
		want := c.first
		for _, m := range all {
			if int(m.Number) != want || m.Strings[0] != fmt.Sprint(want) {
				t.Fatalf("inbox %q: number %d, %q, where %d is expected", c.args, m.Number, m.Strings, want)
			}
			want++
		}
		if want != sent+1 {
			t.Errorf("inbox %q ends before number %d of %d", c.args, want, sent)
		}
	}
}
