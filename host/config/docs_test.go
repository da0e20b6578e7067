package config

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

const docsHead = `# Settings

` + "`qvat.toml`" + ` in a vat's folder holds its settings; ` + "`qvat init`" + ` writes one that explains itself. What it does not say
is as the column "normally" has it. A key that is not here, a value of another kind and one out of its range are errors, which
name the file and the key: the vat does not start. Keys are written in small letters. "While it runs" says whether a vat takes
up a change of the file while it runs; all others wait until it starts again. (root-power.js is no setting: its changes are
taken up at once.) The tables ` + "`[limits]` and `[powers]`" + ` may also stand in a project's ` + "`vat.toml`" + `.

This file is made of the table in host/config/table.go, by ` + "`QVAT_UPDATE=1 go test ./host/config`" + `.
`

const docsColumns = `
| setting | kind | unit | normally | must | while it runs | |
| --- | --- | --- | --- | --- | --- | --- |
`

// docs is docs/CONFIG.md.
func docs() string {
	var b strings.Builder
	b.WriteString(docsHead + docsColumns)
	c := Default()
	for _, s := range c.table() {
		means := s.means
		if means == "" {
			means = strings.ReplaceAll(s.above, "\n", " ")
		}
		if means != "" && s.note != "" {
			means += "; "
		}
		means += s.note
		if s.field == nil {
			fmt.Fprintf(&b, "\n## [%s]\n\n%s\n%s", s.key, means, docsColumns)
			continue
		}
		normally := s.normalText
		if normally == "" {
			normally = "`" + s.text() + "`"
		}
		again := "no"
		if s.again {
			again = "yes"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s | %s | %s |\n", s.key, s.kind(), s.unit, normally, s.rule.must, again, means)
	}
	return b.String()
}

func TestDocs(t *testing.T) {
	const file = "../../docs/CONFIG.md"
	want := docs()
	if os.Getenv("QVAT_UPDATE") != "" {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := os.ReadFile(file); err != nil || string(got) != want {
		t.Errorf("docs/CONFIG.md is not what the table says (%v): run QVAT_UPDATE=1 go test ./host/config", err)
	}
}
