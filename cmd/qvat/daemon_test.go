package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"

	"github.com/rogpeppe/go-internal/testscript"

	"qvat/cmd/qvat/cli"
	"qvat/runtime/runtimetest"
)

// daemon is a command that a script has started and will stop.
type daemon struct {
	cmd    *exec.Cmd
	stdout *bytes.Buffer // what came after the first line too
	rest   *bufio.Reader
	stderr *bytes.Buffer
}

type daemonKey struct{}

// cmdStarts is `starts PROGRAM ARGS...`: starts it, and waits for its first
// line, which must say where it listens; $URL is that then, and $ADDRESS its
// host and port. A vat that is there has its machine code, as after its first run,
// and so has qvat dev.
func cmdStarts(ts *testscript.TestScript, neg bool, args []string) {
	held := ts.Value(daemonKey{}).(*daemon)
	if neg || len(args) == 0 || held.cmd != nil {
		ts.Fatalf("usage: starts PROGRAM ARGS..., one at a time")
	}
	switch {
	case slices.Equal(args[:min(2, len(args))], []string{"qvat", "dev"}):
		ts.Check(plant(filepath.Join(ts.Getenv("XDG_CACHE_HOME"), "qvat", "engine")))
	case len(args) > 2 && !strings.HasPrefix(args[2], "-"):
		ts.Check(warm(ts.MkAbs(args[2])))
	default:
		ts.Check(warm(ts.MkAbs(cli.DefaultVat)))
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Dir = ts.MkAbs(".")
	cmd.Env = append(os.Environ(), "QVAT_HOME="+ts.Getenv("QVAT_HOME"), "HOME="+ts.Getenv("WORK"), "XDG_CACHE_HOME="+ts.Getenv("XDG_CACHE_HOME"))
	out, err := cmd.StdoutPipe()
	ts.Check(err)
	*held = daemon{cmd: cmd, stdout: &bytes.Buffer{}, rest: bufio.NewReader(out), stderr: &bytes.Buffer{}}
	cmd.Stderr = held.stderr
	ts.Check(cmd.Start())
	ts.Defer(func() {
		if held.cmd == cmd {
			// The script has failed: all that is left is to end it.
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	})
	line, err := held.rest.ReadString('\n')
	held.stdout.WriteString(line)
	url, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "listening on ")
	if err != nil || !ok {
		_ = cmd.Wait()
		held.cmd = nil
		ts.Fatalf("its first line is %q (%v)\nstderr: %s", line, err, held.stderr)
	}
	ts.Setenv("URL", url)
	ts.Setenv("ADDRESS", strings.TrimPrefix(url, "http://"))
}

// warm gives the vat in dir machine code, if there is a vat.
func warm(dir string) error {
	if !cli.IsVat(dir) {
		return nil
	}
	return plant(filepath.Join(dir, "cache"))
}

// plant makes a folder of machine code that is not there.
func plant(dir string) error {
	if _, err := os.Lstat(dir); err == nil {
		return nil
	}
	return runtimetest.Plant(dir)
}

// cmdTells is `tells PATTERN`: reads what was started writes, until a line
// matches.
func cmdTells(ts *testscript.TestScript, neg bool, args []string) {
	held := ts.Value(daemonKey{}).(*daemon)
	if neg || len(args) != 1 || held.cmd == nil {
		ts.Fatalf("usage: tells PATTERN, after starts")
	}
	pattern, err := regexp.Compile(args[0])
	ts.Check(err)
	for {
		line, err := held.rest.ReadString('\n')
		held.stdout.WriteString(line)
		if pattern.MatchString(line) {
			return
		}
		if err != nil {
			ts.Fatalf("it has ended (%v)\nstdout: %s\nstderr: %s", err, held.stdout, held.stderr)
		}
	}
}

// cmdStops is `stops SIGNAL CODE`: sends INT or TERM to what was started, and
// waits for it to end with that code. What it wrote is in out.txt and err.txt.
func cmdStops(ts *testscript.TestScript, neg bool, args []string) {
	held := ts.Value(daemonKey{}).(*daemon)
	if neg || len(args) != 2 || held.cmd == nil {
		ts.Fatalf("usage: stops SIGNAL CODE, after starts")
	}
	signal := map[string]os.Signal{"INT": os.Interrupt, "TERM": syscall.SIGTERM}[args[0]]
	ts.Check(held.cmd.Process.Signal(signal))
	_, err := io.Copy(held.stdout, held.rest)
	ts.Check(err)
	err = held.cmd.Wait()
	held.cmd = nil
	var exit *exec.ExitError
	code := 0
	if errors.As(err, &exit) {
		code = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	ts.Check(os.WriteFile(ts.MkAbs("out.txt"), held.stdout.Bytes(), 0o600))
	ts.Check(os.WriteFile(ts.MkAbs("err.txt"), held.stderr.Bytes(), 0o600))
	if fmt.Sprint(code) != args[1] {
		ts.Fatalf("exit code %d, expected %s\nstderr: %s", code, args[1], held.stderr)
	}
}
