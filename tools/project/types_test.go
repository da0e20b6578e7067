package project

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// compiler is TypeScript's, which `just setup` installs.
const compiler = "testdata/types/node_modules/typescript/bin/tsc"

// check type-checks a project, and gives what is wrong with it.
func check(t *testing.T, dir string) string {
	t.Helper()
	tsc, err := filepath.Abs(compiler)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(tsc); err != nil {
		t.Fatalf("run `just setup`: %v", err)
	}
	cmd := exec.CommandContext(t.Context(), "node", tsc, "--pretty", "false", "-p", ".")
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil && len(out) == 0 {
		t.Fatal(err)
	}
	return string(out)
}

func TestTemplatesTypeCheck(t *testing.T) {
	for _, name := range Templates() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			if _, err := New(dir, name); err != nil {
				t.Fatal(err)
			}
			if wrong := check(t, dir); wrong != "" {
				t.Error(wrong)
			}
		})
	}
}

// wrong are lines that a type checker is to refuse, and right are lines that it
// is to take: what a program sees, and what it does not.
const wrong = `setTimeout(() => {}, 1)
process.exit()
fetch('x')
new URL('x')
Buffer.from('')
new WeakRef({})
new FinalizationRegistry(() => {})
new SharedArrayBuffer(1)
Atomics.add
structuredClone(1)
performance.now()
window
queueMicrotask(() => {})
crypto
__dirname
/** @type {Qvat.Main} */ (({ next }) => next.load())
/** @type {Qvat.Main} */ (({ next }) => next?.signed('x'))
/** @type {Qvat.Main<{ read: () => number }>} */ (({ power }) => power.write(1))
require('qvat:store').tables('x')
/** @type {import('qvat:store').Table<number>} */ (require('qvat:store').table('x')).set('k', 'text')
/** @type {import('qvat:random')} */ (require('qvat:random')).float()
/** @type {import('qvat:http').Request} */ ({ url: 'x', method: 'TRACE' })
/** @param {Qvat.Trial} t */ t => t.send({ program: './main.js' })
/** @param {Qvat.Trial} t */ t => t.rows(1)
new TextEncoder().encodeInto('x', new Uint8Array(1))
new TextDecoder('latin1')
`

const right = `harden({ a: 1 }).a.toFixed()
globalThis.harden([1]).at(-1)
Object.groupBy([1], n => n)
new Set([1]).union(new Set([2]))
[3, 1].toSorted()
'x'.isWellFormed()
[1].values().map(n => n + 1).toArray()
Promise.withResolvers()
10n ** 2n
new TextDecoder().decode(new TextEncoder().encode('x'))
console.debug(1); console.error('x', {})
/** @type {Qvat.Main<{ n: number }, string, number>} */ (async ({ power, next, input }) => next ? next.load()({ n: 1 }) : power.n + input.length)
require('qvat:store').sql('SELECT ?', 1).map(row => row.x)
/** @type {import('qvat:message')} */ (require('qvat:message')).signers[0].length
/** @param {import('qvat:http').Answered} a */ a => a.error === undefined ? a.status : a.error.length
/** @param {Qvat.Trial} t */ async t => { t.advance(t.now); t.answer({ status: 201 }); (await t.requests())[0].url; t.log()[0].fields.x }
`

func TestDeclarationsSayWhatThereIs(t *testing.T) {
	dir := t.TempDir()
	if _, err := New(dir, DefaultTemplate); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"wrong.js": wrong, "right.js": right} {
		text = ";" + strings.ReplaceAll(text, "\n", "\n;")
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	said := check(t, dir)
	for i, line := range strings.Split(strings.TrimSpace(wrong), "\n") {
		if !regexp.MustCompile(`(?m)^wrong\.js\(` + strconv.Itoa(i+1) + `,`).MatchString(said) {
			t.Errorf("this was taken: %s", line)
		}
	}
	for _, line := range strings.Split(strings.TrimSpace(said), "\n") {
		if !strings.HasPrefix(line, "wrong.js(") && !strings.HasPrefix(line, " ") {
			t.Errorf("this was refused: %s", line)
		}
	}
}

// TestDeclarationsOfGlobals: the globals that ECMAScript does not have are those
// that the realm's own table adds.
func TestDeclarationsOfGlobals(t *testing.T) {
	text, err := os.ReadFile("templates/common/qvat.d.ts")
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile("../../guest/permits.json")
	if err != nil {
		t.Fatal(err)
	}
	var permits struct{ Globals []string }
	if err := json.Unmarshal(raw, &permits); err != nil {
		t.Fatal(err)
	}
	declared := []string{}
	for _, m := range regexp.MustCompile(`(?m)^declare (?:const|class|function|var) (\w+)`).FindAllStringSubmatch(string(text), -1) {
		declared = append(declared, m[1])
	}
	slices.Sort(declared)
	if want := []string{"TextDecoder", "TextEncoder", "console", "exports", "harden", "module", "require"}; !slices.Equal(declared, want) {
		t.Errorf("qvat.d.ts declares %q, want %q", declared, want)
	}
	for _, name := range declared {
		if !slices.Contains([]string{"exports", "module", "require"}, name) && !slices.Contains(permits.Globals, name) {
			t.Errorf("the realm has no %s", name)
		}
	}
}
