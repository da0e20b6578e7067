package config

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"
)

// load reads a qvat.toml of some text.
func load(t *testing.T, text string) (Config, error) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, File), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return Load(dir)
}

// fields gives the fields of a struct of settings that hold a value, by their keys.
func fields(prefix string, v reflect.Value) map[string]any {
	all := map[string]any{}
	for i := range v.NumField() {
		key := prefix + v.Type().Field(i).Tag.Get("toml")
		if v.Field(i).Kind() == reflect.Struct {
			maps.Copy(all, fields(key+".", v.Field(i)))
		} else {
			all[key] = v.Field(i).Addr().Interface()
		}
	}
	return all
}

// TestTable: each field has one row, which fills it and says all that is to be
// said of it, and each section is there before its settings.
func TestTable(t *testing.T) {
	var c Config
	without := fields("", reflect.ValueOf(&c).Elem())
	sections := map[string]bool{"": true}
	for _, s := range c.table() {
		if s.field == nil {
			sections[s.key+"."] = true
			continue
		}
		if without[s.key] != s.field {
			t.Errorf("%s: its row does not fill the field with that key, or is the second one", s.key)
		}
		delete(without, s.key)
		if section := s.key[:strings.LastIndexByte(s.key, '.')+1]; !sections[section] {
			t.Errorf("%s: no row of its section [%s] stands before it", s.key, section)
		}
		if s.means+s.note+s.above == "" {
			t.Errorf("%s: its row does not say what it means", s.key)
		}
		if isNumber := strings.HasSuffix(s.kind(), "number"); isNumber != (s.unit != "") {
			t.Errorf("%s: it is a %s, counted in %q", s.key, s.kind(), s.unit)
		}
	}
	if len(without) > 0 {
		t.Errorf("the table has no rows for %v", slices.Sorted(maps.Keys(without)))
	}
	d := Default()
	d.RootKey = "set"
	if err := d.check(); err != nil {
		t.Errorf("what is normal is refused: %v", err)
	}
}

// TestText: what the file of a new vat says of a setting in a comment is what is
// so without it, or an example that can be used.
func TestText(t *testing.T) {
	c := Default()
	c.RootKey, c.Listen, c.Mail.Names, c.Web.Hosts = "00ff", "[::1]:7", 12, []string{"a", `b"`}
	text := c.Text()
	set, err := load(t, text)
	want := Default()
	want.RootKey, want.Listen = c.RootKey, c.Listen
	if err != nil || !reflect.DeepEqual(set, want) {
		t.Errorf("the file says %+v, %v", set, err)
	}
	var bare []string
	for line := range strings.Lines(text) {
		inside := strings.TrimPrefix(line, "# ")
		if key, _, isSetting := strings.Cut(inside, " = "); isSetting && !strings.ContainsFunc(key, notOfKey) || strings.HasPrefix(inside, "[") {
			line = inside
		}
		bare = append(bare, line)
	}
	all, err := load(t, strings.Join(bare, ""))
	c.Powers.Files.Dir, c.Powers.HTTP.Origins = "files", []string{"https://example.com"}
	c.HTTP.Hosts = []string{}
	if err != nil || !reflect.DeepEqual(all, c) {
		t.Errorf("without its comment signs the file says\n%+v, %v, want\n%+v", all, err, c)
	}
	for line := range strings.Lines(text) {
		if len(line) > 110 || strings.TrimRight(line, " \n")+"\n" != line {
			t.Errorf("a line is too long, or ends in blanks: %q", line)
		}
	}
}

func TestRefused(t *testing.T) {
	for _, row := range []struct{ text, want string }{
		{"workers = 0\n", "workers must be above 0"},
		{"mail.names = -1\n", "mail.names must be above 0"},
		{"limits.time = '0s'\n", "limits.time must be above 0"},
		{"limits.memory_bytes = 3\n", "limits.memory_bytes must lie between 16777216 and 4294967296"},
		{"limits.memory_bytes = 4294967297\n", "limits.memory_bytes must lie between 16777216 and 4294967296"},
		{"limits.stack_bytes = 1048577\n", "limits.stack_bytes must lie between 65536 and 1048576"},
		{"http.missing = ''\n", `http.missing must be "all", "loopback" or "none"`},
		{"http.metrics = 'all '\n", `http.metrics must be "all", "loopback" or "none"`},
		{"name = ''\n", "name must be 1 to 128 bytes with no control characters"},
		{"name = '" + strings.Repeat("x", 129) + "'\n", "name must be 1 to 128 bytes with no control characters"},
		{`name = "\n"`, "name must be 1 to 128 bytes with no control characters"},
		// The first in the order of the table, each time.
		{"mail.names = 0\nqueue = 0\nhttp.metrics = ''\nlimits.fuel = 0\n", "queue must be above 0"},

		{"\n[limits]\nfule = 3\n", "has settings that qvat does not know:\n2| [limits]\n3| fule = 3\n | ~~~~ unknown field"},
		{"\n[limit]\n", "2| [limit]"},
		{"queue = 'x'\n", "1| queue = 'x'\n |         ~~~ cannot decode"},
		{"queue = 'x'\n", "\nqueue takes: whole number"},
		{"[powers.files]\nwrite = 1\n", "\npowers.files.write takes: true or false"},
		{"limits.time = 'x'\n", "\nlimits.time takes: time, such as \"10s\""},
		{"limits.time = '-1s'\n", "a time cannot be below zero"},
		{"web.hosts = 'x'\n", "\nweb.hosts takes: list of texts"},
		{"http.peer_rate = 'x'\n", "\nhttp.peer_rate takes: number"},
		{"name = 1\n", "\nname takes: text"},
		{"queue = \n", "1| queue ="},
		{"Queue = 3\n", `: "Queue": settings are written in small letters`},
		{"[mail]\nNames = 3\n", `: "Names": settings are written in small letters`},
		{strings.Repeat("#", maxBytes+1), "is larger than 1048576 bytes"},
	} {
		for range 20 { // the same each time
			_, err := load(t, row.text)
			if err == nil || !strings.Contains(err.Error(), row.want) || !strings.Contains(err.Error(), File) {
				t.Fatalf("%.80q: %v", row.text, err)
			}
		}
	}
	if _, err := Load(t.TempDir()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("where there is none: %v", err)
	}
}

func TestBounds(t *testing.T) {
	c, err := load(t, "name = '"+strings.Repeat("x", 128)+"'\nqueue = 1\n[limits]\nmemory_bytes = 16777216\nstack_bytes = 65536\ntime = '1ns'\n[http]\nmissing = 'none'\n")
	if err != nil || c.Queue != 1 || c.Limits.Time != 1 || c.HTTP.Missing != "none" {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestLimitsByName(t *testing.T) {
	c, err := load(t, "[limits]\nfuel = 7\ntime = '2s'\n")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int64{
		"fuel": 7, "memory_bytes": 64 << 20, "stack_bytes": 1 << 20, "time_micros": 2_000_000, "host_calls": 10_000,
		"result_bytes": 1 << 20, "log_bytes": 64 << 10, "program_bytes": 1 << 20, "capsule_bytes": 8 << 20,
		"input_bytes": 1 << 20, "library_bytes": 16 << 20,
	}
	if got := c.LimitsByName(); !maps.Equal(got, want) {
		t.Errorf("got %v", got)
	}
}

// TestDecode: the settings are given by their keys, as the file has them.
func TestDecode(t *testing.T) {
	at := filepath.Join(t.TempDir(), "vat.toml")
	for text, want := range map[string]map[string]any{
		"":                           {},
		"[limits]\nfuel = 3\n":       {"limits": map[string]any{"fuel": int64(3)}},
		"limits = { time = '1s' }\n": {"limits": map[string]any{"time": "1s"}},
	} {
		if err := os.WriteFile(at, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		var some struct {
			Limits Limits `toml:"limits"`
		}
		if got, err := Decode(at, &some, "has more"); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	text, err := toml.Marshal(map[string]any{"queue": 3})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(at, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Decode(at, &struct{}{}, "has more"); err == nil || !strings.Contains(err.Error(), "vat.toml has more:\n1| queue = 3") {
		t.Errorf("got %v", err)
	}
}
