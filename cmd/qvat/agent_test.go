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

	"github.com/rogpeppe/go-internal/testscript"

	"qvat/cmd/qvat/cli"
	"qvat/host/actions"
	"qvat/host/caps"
	"qvat/host/control"
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
	var all []actions.Letter
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
		var m actions.Letter
		if err := errors.Join(err, json.Unmarshal(line, &m)); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if m.Number != number || string(m.State) != state || m.Strings[0] != text || m.FromName != caps.NameHost {
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
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != cli.ExitCode(cli.ExitUnreachable) {
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
	const sent = 2*100 + 7 // of pages of 100
	for i := range sent {
		q := actions.Send{To: "bob", Text: actions.Text{Strings: []string{fmt.Sprint(i + 1)}}}
		if _, err := control.Do(t.Context(), client, "self", q); err != nil {
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
		var all []actions.Letter
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
