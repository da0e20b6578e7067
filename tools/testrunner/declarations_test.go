package testrunner

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const declarations = "../project/templates/common/qvat.d.ts"

// TestDeclarations: qvat.d.ts declares what the host modules export, and what
// `t` is, and nothing else.
func TestDeclarations(t *testing.T) {
	text, err := os.ReadFile(declarations)
	if err != nil {
		t.Fatal(err)
	}
	modules := []string{"clock", "files", "http", "log", "message", "random", "store"}
	requires := ""
	for _, name := range modules {
		requires += "const " + name + " = require('qvat:" + name + "')\n"
	}
	dir := folder(t, map[string]string{
		"vat.toml": "[powers.files]\ndir = \"files\"\n[powers.http]\norigins = [\"https://a.example\"]\nimmediate = true\n",
		"root-power.js": requires + "exports.names = Object.fromEntries(Object.entries({ " + strings.Join(modules, ", ") +
			" }).map(([k, v]) => [k, Reflect.ownKeys(v)]))\nexports.names.table = Reflect.ownKeys(store.table('t'))",
		"names.js": "exports.main = ({ power }) => power.names",
		"a.test.js": `exports.names = async t => console.log(JSON.stringify({
  ...await t.send([{ program: './names.js', by: 'root' }]), t: Reflect.ownKeys(t),
}))`,
	})
	results := ran(t, Options{Dir: dir})
	if f := results[0].Failure; f != nil {
		t.Fatal(f.Message)
	}
	var there map[string][]string
	if err := json.Unmarshal([]byte(results[0].Console[0].Text), &there); err != nil {
		t.Fatal(err)
	}
	declared := map[string][]string{
		"t":     members(string(text), "  interface Trial {", "  }"),
		"table": members(string(text), "  export interface Table<Value = any> {", "  }"),
	}
	exported := regexp.MustCompile(`(?m)^  export (?:function|const) (\w+)`)
	for _, name := range modules {
		for _, m := range exported.FindAllStringSubmatch(between(string(text), "declare module 'qvat:"+name+"' {", "\n}"), -1) {
			declared[name] = append(declared[name], m[1])
		}
	}
	for name, want := range there {
		slices.Sort(want)
		slices.Sort(declared[name])
		if !slices.Equal(declared[name], want) {
			t.Errorf("%s: qvat.d.ts declares %q, and there is %q", name, declared[name], want)
		}
	}
	if len(there) != len(modules)+2 {
		t.Errorf("only %d of %d modules were looked at", len(there)-2, len(modules))
	}
}

// members are the names of an interface's members.
func members(text, head, end string) []string {
	var names []string
	for _, m := range regexp.MustCompile(`(?m)^    (?:readonly )?(\w+)[(:?<]`).FindAllStringSubmatch(between(text, head, "\n"+end), -1) {
		names = append(names, m[1])
	}
	return names
}

func between(text, head, end string) string {
	_, after, _ := strings.Cut(text, head)
	inside, _, _ := strings.Cut(after, end)
	return inside
}
