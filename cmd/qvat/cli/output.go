package cli

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

// PrintJSON writes v to stdout as one line of JSON.
func (a *App) PrintJSON(v any) error {
	b, err := Marshal(v)
	if err != nil {
		return err
	}
	return a.PrintLine(string(b))
}

// PrintLine writes a line to stdout.
func (a *App) PrintLine(s string) error { return a.Write(s + "\n") }

// Write writes to stdout. Its error is an unwritten one.
func (a *App) Write(s string) error {
	_, err := io.WriteString(a.Stdout, s)
	return NotWritten(err)
}

// Unwritten is the error of a stdout that takes nothing. It says nothing about
// what was done before.
type Unwritten struct{ err error }

func (u *Unwritten) Error() string { return "writing the answer: " + u.err.Error() }

func (u *Unwritten) Unwrap() error { return u.err }

// NotWritten makes the error of a write to stdout an [Unwritten].
func NotWritten(err error) error {
	if err == nil {
		return nil
	}
	return &Unwritten{err}
}

// Marshal is json.Marshal without its escapes for HTML, and with those that a
// terminal needs.
func Marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return TerminalJSON(bytes.TrimSuffix(b.Bytes(), []byte("\n"))), nil
}

// TerminalJSON is one JSON text, the same value, as no terminal minds it.
func TerminalJSON(text []byte) []byte {
	return api.CleanJSON(bytes.ToValidUTF8(text, []byte("\uFFFD")))
}

// OneLine is TerminalJSON on one line.
func OneLine(text []byte) (string, error) {
	var b bytes.Buffer
	if err := json.Compact(&b, text); err != nil {
		return "", err
	}
	return string(TerminalJSON(b.Bytes())), nil
}

// PrintResult writes what a program gave as JSON on one line; nothing for undefined,
// which is nil.
func (a *App) PrintResult(result json.RawMessage) error {
	if result == nil {
		return nil
	}
	one, err := OneLine(result)
	if err != nil {
		return err
	}
	return a.PrintLine(one)
}

// Columns is how wide the terminal is that stdout goes to; 0: it is none.
func (a *App) Columns() int {
	f, ok := a.Stdout.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return 0
	}
	if wide, _, err := term.GetSize(int(f.Fd())); err == nil && wide > 0 {
		return max(wide, 20)
	}
	return 80
}

// Table writes rows in columns; what it is given is made safe to show.
type Table struct{ w *tabwriter.Writer }

// Row writes a row.
func (t *Table) Row(cells ...string) {
	for i, c := range cells {
		cells[i] = api.Clean(c)
	}
	// Errors come with Flush.
	fmt.Fprintln(t.w, strings.TrimRight(strings.Join(cells, "\t"), "\t"))
}

// Table writes to stdout the rows that fill gives it.
func (a *App) Table(fill func(*Table)) error {
	w := tabwriter.NewWriter(a.Stdout, 0, 0, 2, ' ', 0)
	fill(&Table{w})
	return NotWritten(w.Flush())
}
