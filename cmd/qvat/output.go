package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"golang.org/x/term"

	"qvat/host/api"
)

// printJSON writes v to stdout as one line of JSON.
func (a *app) printJSON(v any) error {
	b, err := marshal(v)
	if err != nil {
		return err
	}
	return a.printLine(string(b))
}

func (a *app) printLine(s string) error { return a.write(s + "\n") }

// write writes to stdout. Its error is an unwritten one.
func (a *app) write(s string) error {
	_, err := io.WriteString(a.stdout, s)
	return notWritten(err)
}

// unwritten is the error of a stdout that takes nothing. It says nothing about
// what was done before.
type unwritten struct{ err error }

func (u *unwritten) Error() string { return "writing the answer: " + u.err.Error() }

func (u *unwritten) Unwrap() error { return u.err }

func notWritten(err error) error {
	if err == nil {
		return nil
	}
	return &unwritten{err}
}

// marshal is json.Marshal without its escapes for HTML, and with those that a
// terminal needs.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return terminalJSON(bytes.TrimSuffix(b.Bytes(), []byte("\n"))), nil
}

// terminalJSON is one JSON text, the same value, as no terminal minds it.
func terminalJSON(text []byte) []byte {
	return api.CleanJSON(bytes.ToValidUTF8(text, []byte("\uFFFD")))
}

// oneLine is terminalJSON on one line.
func oneLine(text []byte) (string, error) {
	var b bytes.Buffer
	if err := json.Compact(&b, text); err != nil {
		return "", err
	}
	return string(terminalJSON(b.Bytes())), nil
}

// columns is how wide the terminal is that stdout goes to; 0: it is none.
func (a *app) columns() int {
	f, ok := a.stdout.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 0
	}
	if wide, _, err := term.GetSize(int(f.Fd())); err == nil && wide > 0 {
		return max(wide, 20)
	}
	return 80
}

// table writes rows in columns; what it is given is made safe to show.
type table struct{ w *tabwriter.Writer }

func (t *table) row(cells ...string) {
	for i, c := range cells {
		cells[i] = api.Clean(c)
	}
	// Errors come with Flush.
	fmt.Fprintln(t.w, strings.TrimRight(strings.Join(cells, "\t"), "\t"))
}

func (a *app) table(fill func(*table)) error {
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fill(&table{w})
	return notWritten(w.Flush())
}
