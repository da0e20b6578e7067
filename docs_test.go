package qvat

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	confinementRow = regexp.MustCompile(`(?m)^## (\d+)\. `)
	citedTest      = regexp.MustCompile("`(\\S+_test\\.go)`\\s((?:Test|Fuzz)\\w+)")
	glossaryRoom   = regexp.MustCompile("`([a-z/]+/)`")
	testFunc       = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
)

// TestConfinementDoc: docs/CONFINEMENT.md has each row once, in order, and each row
// names tests that are there, or says that it is not held yet.
func TestConfinementDoc(t *testing.T) {
	where := testFuncs(t)
	text, err := os.ReadFile("docs/CONFINEMENT.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := confinementRow.FindAllStringSubmatchIndex(string(text), -1)
	if len(rows) < 25 {
		t.Fatalf("%d rows", len(rows))
	}
	for i, at := range rows {
		body := string(text[at[0]:])
		if i+1 < len(rows) {
			body = string(text[at[0]:rows[i+1][0]])
		}
		number := string(text[at[2]:at[3]])
		if number != fmt.Sprint(i+1) {
			t.Errorf("row %s stands in the place of row %d", number, i+1)
		}
		cited := citedTest.FindAllStringSubmatch(body, -1)
		if len(cited) == 0 && !strings.Contains(body, "*Not held yet*") {
			t.Errorf("row %s names no test", number)
		}
		for _, c := range cited {
			if files := where[c[2]]; !slices.Contains(files, c[1]) {
				t.Errorf("row %s: %s is not in %s, but in %v", number, c[2], c[1], files)
			}
		}
	}
}

// TestGlossary: the words are in order, each once.
func TestGlossary(t *testing.T) {
	words := glossary(t)
	for i := range words[1:] {
		if before, word := words[i][0], words[i+1][0]; strings.Compare(before, word) >= 0 {
			t.Errorf("%q comes after %q", word, before)
		}
	}
}

// TestGlossaryRooms: the rooms that the glossary names are there.
func TestGlossaryRooms(t *testing.T) {
	for _, row := range glossary(t) {
		for _, room := range glossaryRoom.FindAllStringSubmatch(row[2], -1) {
			if info, err := os.Stat(room[1]); err != nil || !info.IsDir() {
				t.Errorf("%s: there is no room %s", row[0], room[1])
			}
		}
	}
}

// glossary gives the rows of docs/GLOSSARY.md, in four columns each.
func glossary(t *testing.T) (rows [][]string) {
	t.Helper()
	text, err := os.ReadFile("docs/GLOSSARY.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "| --- | --- | --- | --- |\n")
	for line := range strings.Lines(table) {
		cells := strings.Split(strings.TrimSpace(line), "|")
		if len(cells) != 6 {
			t.Fatalf("%q has not four columns", line)
		}
		for i, c := range cells {
			cells[i] = strings.TrimSpace(c)
		}
		rows = append(rows, cells[1:5])
	}
	if len(rows) < 50 {
		t.Fatalf("%d words", len(rows))
	}
	return rows
}

// testFuncs gives the files that each test and fuzz target is in.
func testFuncs(t *testing.T) map[string][]string {
	t.Helper()
	where := map[string][]string{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if notOurs(path, d) {
			return fs.SkipDir
		}
		if !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, f := range testFunc.FindAllStringSubmatch(string(text), -1) {
			where[f[1]] = append(where[f[1]], filepath.ToSlash(path))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return where
}
