package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

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

func (a *app) printLine(s string) error {
	_, err := io.WriteString(a.stdout, s+"\n")
	return err
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
	return w.Flush()
}
