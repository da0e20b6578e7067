package powers

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
)

const docsFile = "../../docs/POWERS.md"

// everything grants all modules, for what a site answers.
func everything(t *testing.T, s *site) Grants {
	t.Helper()
	return Grants{
		Store: true, Log: true, Message: true, Clock: true, Random: true, Mail: true,
		Files: FilesGrant{Dir: t.TempDir(), Write: true},
		HTTP:  HTTPGrant{Origins: []string{"https://hooks.example.com", s.URL}, Immediate: true},
	}
}

// TestDocs runs the examples of docs/POWERS.md: a block that begins with
// "// root-power.js" is the vat's, the next one a program, whose last line says
// what it gives.
func TestDocs(t *testing.T) {
	text, err := os.ReadFile(docsFile)
	if err != nil {
		t.Fatal(err)
	}
	s := newSite(t, func(w http.ResponseWriter, r *http.Request, body string) {
		fmt.Fprint(w, r.Method+" "+r.URL.Path+" "+body)
	})
	rootPower, ran := "", 0
	for _, block := range regexp.MustCompile("(?s)```js\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		code := strings.ReplaceAll(block[1], "https://api.example.com", s.URL)
		if strings.HasPrefix(code, "// root-power.js") {
			rootPower = code
			continue
		}
		_, want, ok := strings.Cut(code, "\n// gives ")
		if !ok || rootPower == "" {
			t.Errorf("this example does not say what it gives, or has no root-power.js:\n%s", code)
			continue
		}
		v := newVat(t, everything(t, s), rootPower)
		if got := v.run("", code); got != strings.TrimSpace(want) {
			t.Errorf("this gave %s:\n%s", got, code)
		}
		ran++
	}
	if ran < 8 {
		t.Errorf("only %d examples ran", ran)
	}
}

// TestDocsNameEverything: what a module exports stands in docs/POWERS.md, and
// the other way round.
func TestDocsNameEverything(t *testing.T) {
	text, err := os.ReadFile(docsFile)
	if err != nil {
		t.Fatal(err)
	}
	v := newVat(t, everything(t, newSite(t, echo)), `
		const names = ['store', 'log', 'message', 'clock', 'random', 'files', 'http', 'mail']
		exports.all = Object.fromEntries(names.map(n => [n, Reflect.ownKeys(require('qvat:' + n))]))
		exports.all.store.push(...Reflect.ownKeys(require('qvat:store').table('t')))
		exports.all.mail.push(...Reflect.ownKeys(require('qvat:mail').agent('self')))`)
	var all map[string][]string
	if err := json.Unmarshal([]byte(v.run("", `exports.main = ({ power }) => power.all`)), &all); err != nil {
		t.Fatal(err)
	}
	for module, names := range all {
		_, section, ok := strings.Cut(string(text), "\n## qvat:"+module+"\n")
		section, _, _ = strings.Cut(section, "\n## ")
		if !ok {
			t.Errorf("there is no section on qvat:%s", module)
		}
		documented := map[string]bool{}
		for _, m := range regexp.MustCompile("(?:\\| |^|, )`([a-zA-Z0-9]+)(?:\\(|` \\| (?:the hash|for each link|when it))").FindAllStringSubmatch(section, -1) {
			documented[m[1]] = true
		}
		for _, name := range names {
			if !documented[name] {
				t.Errorf("qvat:%s has %s, which is not documented", module, name)
			}
			delete(documented, name)
		}
		for name := range documented {
			t.Errorf("%s is documented, and qvat:%s does not have it", name, module)
		}
	}
}
