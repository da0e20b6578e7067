package powers

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"qvat/host/store"
	"qvat/host/store/sqlite"
	"qvat/runtime"
)

// folder is a granted directory with a store to stage in, and the messages that
// use it.
type folder struct {
	t     testing.TB
	dir   string
	set   *Set
	store *sqlite.Store
}

func newFolder(t testing.TB, g FilesGrant) *folder {
	t.Helper()
	g.Dir = t.TempDir()
	return &folder{t: t, dir: g.Dir, set: newSet(t, Grants{Files: g}), store: newStore(t)}
}

// put makes a file on the disk, as somebody else does.
func (f *folder) put(name, content string) {
	f.t.Helper()
	at := filepath.Join(f.dir, name)
	if err := os.MkdirAll(filepath.Dir(at), 0o700); err != nil {
		f.t.Fatal(err)
	}
	if err := os.WriteFile(at, []byte(content), 0o600); err != nil {
		f.t.Fatal(err)
	}
}

// use is one message that uses the directory.
type use struct {
	f     *folder
	tx    store.Tx
	power runtime.Power
}

func (f *folder) begin() *use {
	f.t.Helper()
	tx, err := f.store.Begin(context.Background())
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(tx.Rollback)
	return &use{f, tx, f.set.Open(Message{Tx: tx})["qvat:files"]}
}

// call gives the answer's JSON, or the error's text after "!".
func (u *use) call(method string, args ...string) string {
	u.f.t.Helper()
	if args == nil {
		args = []string{}
	}
	b, err := json.Marshal(args)
	if err != nil {
		u.f.t.Fatal(err)
	}
	r, err := u.power.Call(context.Background(), method, b)
	var refused *runtime.Refusal
	switch {
	case errors.As(err, &refused):
		return "!" + refused.Message
	case err != nil:
		u.f.t.Fatalf("%s %q: %v", method, args, err)
	}
	return string(r.JSON)
}

func (u *use) want(want, method string, args ...string) {
	u.f.t.Helper()
	got := u.call(method, args...)
	if got != want && !(strings.HasPrefix(want, "!") && strings.HasPrefix(got, "!") && strings.Contains(got, want[1:])) {
		u.f.t.Errorf("%s %q: got %s, want %s", method, args, got, want)
	}
}

// commit commits what was staged, and applies it.
func (u *use) commit() {
	u.f.t.Helper()
	if err := u.tx.Commit(context.Background(), nil); err != nil {
		u.f.t.Fatal(err)
	}
	for _, row := range u.f.rows() {
		if err := u.f.set.Apply(context.Background(), row.Payload); err != nil {
			u.f.t.Errorf("%s: %v", row.Payload, err)
		}
		if err := u.f.store.Ack(context.Background(), row.ID); err != nil {
			u.f.t.Fatal(err)
		}
	}
}

func (f *folder) rows() []store.Outgoing {
	f.t.Helper()
	rows, err := f.store.Outbox(context.Background(), 0, 1000)
	if err != nil {
		f.t.Fatal(err)
	}
	for _, r := range rows {
		if r.Kind != OutboxFiles {
			f.t.Errorf("a row is of kind %s", r.Kind)
		}
	}
	return rows
}

// tree gives all that lies in the directory; directories end in "/". The vat's
// own files are left out.
func (f *folder) tree() map[string]string {
	f.t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(f.dir, func(p string, d fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(f.dir, p)
		switch {
		case err != nil || rel == "." || strings.HasPrefix(d.Name(), ownPrefix):
			return err
		case d.IsDir():
			out[filepath.ToSlash(rel)+"/"] = ""
			return nil
		}
		b, err := os.ReadFile(p)
		out[filepath.ToSlash(rel)] = string(b)
		return err
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return out
}

func TestFiles(t *testing.T) {
	f := newFolder(t, FilesGrant{Write: true})
	f.put("a.txt", "one")
	f.put("d/b.bin", "\xff\x00")
	u := f.begin()
	u.want(`"one"`, "read", "a.txt")
	u.want(`!not UTF-8 text`, "read", "d/b.bin")
	u.want(`"/wA="`, "readBytes", "d/b.bin")
	u.want(`[{"name":"a.txt","kind":"file","size":3},{"name":"d","kind":"directory"}]`, "list", ".")
	u.want(`{"kind":"directory"}`, "stat", ".")
	u.want(``, "stat", "none/at/all")
	u.want(`!there is no file "none"`, "read", "none")
	u.want(`!"d" is not a file`, "read", "d")
	u.want(`!"a.txt" is not a directory`, "list", "a.txt")
	u.want(``, "stat", "a.txt/x")

	// What is staged is seen at once, by this message alone.
	u.want(``, "write", "a.txt", "two")
	u.want(``, "append", "a.txt", " three")
	u.want(``, "append", "d/new", "x")
	u.want(``, "append", "d/new", "y")
	u.want(``, "append", "d/b.bin", "z")
	u.want(`!there is no directory "e"`, "write", "e/f", "")
	u.want(``, "mkdir", "e/f")
	u.want(``, "writeBytes", "e/f/g", "/wE=")
	u.want(`!"e" is not a file`, "write", "e", "")
	u.want(`!is not empty`, "remove", "e")
	u.want(`true`, "remove", "e/f/g")
	u.want(`false`, "remove", "e/f/g")
	u.want(`true`, "remove", "e/f")
	u.want(`"two three"`, "read", "a.txt")
	u.want(`"xy"`, "read", "d/new")
	u.want(`"/wB6"`, "readBytes", "d/b.bin")
	u.want(`[{"name":"b.bin","kind":"file","size":3},{"name":"new","kind":"file","size":2}]`, "list", "d")
	u.want(`[{"name":"a.txt","kind":"file","size":9},{"name":"d","kind":"directory"},{"name":"e","kind":"directory"}]`, "list", ".")
	f.begin().want(`"one"`, "read", "a.txt")
	if got := f.tree(); got["a.txt"] != "one" || len(got) != 3 {
		t.Errorf("before the commit there is %q", got)
	}

	u.commit()
	want := map[string]string{"a.txt": "two three", "d/": "", "d/b.bin": "\xff\x00z", "d/new": "xy", "e/": ""}
	if got := f.tree(); !maps.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
	f.begin().want(`"two three"`, "read", "a.txt")
}

// TestFilesAgainstTheDisk: what a message sees of its own changes is what is
// there when they have been applied, whatever they are.
func TestFilesAgainstTheDisk(t *testing.T) {
	names := []string{"a", "b", "a/x", "a/y", "b/x", "b/x/z"}
	f := newFolder(t, FilesGrant{Write: true})
	rapid.Check(t, func(t *rapid.T) {
		for _, n := range []string{"a", "b"} {
			if err := os.RemoveAll(filepath.Join(f.dir, n)); err != nil {
				t.Fatal(err)
			}
		}
		for range 3 {
			u := f.begin()
			defer u.tx.Rollback()
			for range rapid.IntRange(0, 12).Draw(t, "n") {
				name := rapid.SampledFrom(names).Draw(t, "name")
				switch method := rapid.SampledFrom([]string{"write", "append", "mkdir", "remove"}).Draw(t, "method"); method {
				case "write", "append":
					u.call(method, name, rapid.StringMatching(`[a-c]{0,3}`).Draw(t, "content"))
				default:
					u.call(method, name)
				}
			}
			seen := look(u, names)
			u.commit()
			u = f.begin()
			after := look(u, names)
			u.tx.Rollback()
			if !slices.Equal(seen, after) {
				t.Fatalf("the message saw\n%q\nand then there was\n%q", seen, after)
			}
		}
	})
}

func look(u *use, names []string) (seen []string) {
	for _, n := range append([]string{"."}, names...) {
		seen = append(seen, n+" "+u.call("stat", n)+u.call("list", n)+u.call("read", n))
	}
	return seen
}

func TestFilesForReadingAlone(t *testing.T) {
	f := newFolder(t, FilesGrant{})
	f.put("a", "1")
	u := f.begin()
	u.want(`"1"`, "read", "a")
	for _, call := range [][]string{{"write", "a", "2"}, {"writeBytes", "a", ""}, {"append", "a", "2"}, {"mkdir", "d"}, {"remove", "a"}} {
		u.want("!for reading alone", call[0], call[1:]...)
	}
	// What was staged when more was granted is not done either.
	payload, err := newOperation(opWrite, "a").encode([]byte("2"))
	if err != nil {
		t.Fatal(err)
	}
	if err := f.set.Apply(t.Context(), payload); !errors.Is(err, ErrNever) {
		t.Errorf("got %v", err)
	}
	if got := f.tree(); got["a"] != "1" {
		t.Errorf("there is %q", got)
	}
}

func TestPaths(t *testing.T) {
	for _, p := range []string{".", "a", "a/b.c", "ö/日本", "..a", "a..b", "a b", ".hidden", "con fig", "COM", "COM10", "nulls", strings.Repeat("a", 255)} {
		if err := checkPath(p); err != nil {
			t.Errorf("%q: %v", p, err)
		}
	}
	for _, p := range []string{
		"", "/", "/a", "a/", "a//b", "..", "../a", "a/..", "a/../b", "./a", "a/.", `a\b`, `..\a`, "a\x00b", "a\nb", "a\x7f", "C:a", "c:/a", "a:b",
		"a ", "a.", "...", "b. /a", "nul", "NUL.txt", "con", "aux .txt", "COM1", "lpt9.log", "COM¹", "CONIN$", "a*", "a?", `a"`, "a<", "a>", "a|",
		".qvat-append", "a/.QVAT-x", strings.Repeat("a", 256), strings.Repeat("a/", 32) + "a", strings.Repeat("abc/", 300) + "a",
	} {
		if err := checkPath(p); err == nil {
			t.Errorf("%q was taken", p)
		}
	}
}

// FuzzPath: a path that is taken is local to the directory, in its one spelling.
func FuzzPath(f *testing.F) {
	for _, s := range []string{".", "a/b", "../a", "a//b", "nul", "a\\b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, p string) {
		if checkPath(p) != nil {
			return
		}
		if !filepath.IsLocal(p) || filepath.ToSlash(filepath.Clean(p)) != p || strings.ContainsAny(p, "\\\x00") {
			t.Errorf("%q was taken", p)
		}
	})
}

func TestFilesBounds(t *testing.T) {
	f := newFolder(t, FilesGrant{Write: true, FileBytes: 10, Entries: 3})
	f.put("large", "01234567890")
	f.put("whole", "0123456789")
	u := f.begin()
	u.want(`!is 11 bytes, and 10 can be read`, "read", "large")
	u.want(`"0123456789"`, "read", "whole")
	u.want(`!is 11 bytes, and 10 are allowed`, "write", "x", "01234567890")
	u.want(`!is 11 bytes, and 10 are allowed`, "writeBytes", "x", "MDEyMzQ1Njc4OTA=")
	u.want(`!is not base64`, "writeBytes", "x", "MDE\n")
	u.want(`!is not base64`, "writeBytes", "x", "MDF=")
	// A file that is appended to may grow beyond what can be read at once.
	u.want(``, "append", "whole", "!")
	u.want(`!is 11 bytes, and 10 can be read`, "read", "whole")
	u.want(`{"kind":"file","size":11}`, "stat", "whole")
	u.commit()
	if got := f.tree()["whole"]; got != "0123456789!" {
		t.Errorf("got %q", got)
	}
	f.put("1", "")
	f.put("2", "")
	f.begin().want(`!more than the 3 entries`, "list", ".")

	big := newFolder(t, FilesGrant{Write: true, FileBytes: 4 << 20})
	u = big.begin()
	u.want(`!a staged payload's bytes`, "write", "x", strings.Repeat("x", 2<<20))
	u.want(``, "stat", "x")
}

// TestFilesArguments calls the Go half as a guest half that has been taken over
// would.
func TestFilesArguments(t *testing.T) {
	p := newFolder(t, FilesGrant{Write: true}).begin().power
	for _, c := range []struct{ method, args, name, want string }{
		{"read", `[]`, "TypeError", "takes 1 arguments"},
		{"read", `["a","b"]`, "TypeError", "takes 1 arguments"},
		{"read", `[1]`, "TypeError", "the path is not a string"},
		{"read", `["../a"]`, "TypeError", "is not allowed"},
		{"list", `["/"]`, "TypeError", "is not allowed"},
		{"write", `["a"]`, "TypeError", "takes 2 arguments"},
		{"write", `["a",1]`, "TypeError", "the content is not a string"},
		{"write", `["a\u0000","x"]`, "TypeError", "is not allowed"},
		{"remove", `["."]`, "Error", "cannot be removed"},
		{"chmod", `["a"]`, "TypeError", "no method"},
		{"read", `nonsense`, "TypeError", "not JSON"},
	} {
		wantRefusal(t, p, c.method, c.args, c.name, c.want)
	}
}

// TestNamesOfTheVats: what programs cannot name is not listed, and keeps its
// directory from being removed.
func TestNamesOfTheVats(t *testing.T) {
	f := newFolder(t, FilesGrant{Write: true})
	f.put("d/.qvat-append", "{}")
	f.put("d/a\\b", "")
	f.put("d/\xff", "")
	u := f.begin()
	u.want(`[]`, "list", "d")
	u.want(`!is not empty`, "remove", "d")
}

func TestFilesInTheEngine(t *testing.T) {
	dir := t.TempDir()
	v := newVat(t, Grants{Files: FilesGrant{Dir: dir, Write: true}}, `exports.files = require('qvat:files')`)
	v.want(`["héllo!",6,[{"name":"notes","kind":"directory"}],"aMOpbGxvIQ==","undefined"]`, `
		const f = power.files
		f.mkdir('notes'); f.write('notes/a', 'héllo'); f.append('notes/a', '!')
		return [f.read('notes/a'), f.stat('notes/a').size - 1, f.list(), f.readBytes('notes/a'), typeof f.stat('b')]`)
	v.throws(`TypeError: the path \"../x\" is not allowed`, `power.files.read('../x')`)
	v.throws(`arguments[0] is undefined`, `power.files.read()`)
	for _, row := range v.outbox() {
		if err := v.set.Apply(t.Context(), row.Payload); err != nil {
			t.Error(err)
		}
	}
	if b, err := os.ReadFile(filepath.Join(dir, "notes", "a")); err != nil || !bytes.Equal(b, []byte("héllo!")) {
		t.Errorf("got %q (%v)", b, err)
	}
	// Nothing of a message that fails is applied.
	a := v.attempt(&Recorder{}, "", `exports.main = ({ power }) => { power.files.write('b', 'b'); throw new Error('no') }`)
	if a.err == nil {
		t.Error("the message did not fail")
	}
	a.tx.Rollback()
	if n := len(v.outbox()); n != 3 {
		t.Errorf("%d rows are in the outbox, want 3", n)
	}
}
