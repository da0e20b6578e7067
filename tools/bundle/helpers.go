package bundle

import (
	"fmt"
	"strings"

	"qvat/chains"
)

// helpers is the program that holds esbuild's helper functions, which make
// CommonJS modules of ES modules. esbuild writes them into each module; as a
// module of their own they are stored, sent and loaded once.
type helpers struct {
	chunks []chunk
	known  map[string]bool // by text
	text   string
}

// chunk is one statement at the top of a text: `var name = …`.
type chunk struct {
	name, text string
}

// sampleText makes esbuild show the helpers that are shared.
const sampleText = `import d, { x } from "a"
import * as n from "b"
export * from "c"
export { d, x, n }
export default () => import("e")
`

// newHelpers takes the helpers from what esbuild made of sampleText.
func newHelpers(code string) *helpers {
	h := &helpers{known: map[string]bool{}}
	head, _, _ := strings.Cut(code, "\n// "+sample+":")
	h.chunks, _ = chunks(head)
	var b strings.Builder
	b.WriteString("// How ES modules become CommonJS modules: esbuild's helper functions.\n")
	var names []string
	for _, c := range h.chunks {
		h.known[c.text] = true
		b.WriteString(c.text)
		names = append(names, c.name)
	}
	fmt.Fprintf(&b, "module.exports = { %s };\n", strings.Join(names, ", "))
	h.text = b.String()
	return h
}

// chunks parts the head of a text into its statements. What is not of that form
// is left over, from there on.
func chunks(head string) (list []chunk, rest string) {
	for strings.HasPrefix(head, "var ") {
		text := head
		if i := strings.Index(head, "\nvar "); i >= 0 {
			text = head[:i+1]
		}
		name, _, ok := strings.Cut(text[len("var "):], " = ")
		if !ok || !isIdentifier(name) {
			break
		}
		list = append(list, chunk{name, strings.TrimRight(text, "\n") + "\n"})
		head = head[len(text):]
	}
	return list, strings.TrimLeft(head, "\n")
}

// share replaces the helpers at the head of a text by one require. It gives the
// new head, which asks for those that body uses.
func (h *helpers) share(head, body string, program chains.Hash) string {
	list, rest := chunks(head)
	var own strings.Builder
	var shared []string
	for _, c := range list {
		if h.known[c.text] {
			shared = append(shared, c.name)
		} else {
			own.WriteString(c.text)
		}
	}
	own.WriteString(rest)
	var used []string
	for _, name := range shared {
		if strings.Contains(body, name) || strings.Contains(own.String(), name) {
			used = append(used, name)
		}
	}
	if len(used) == 0 {
		return own.String()
	}
	return fmt.Sprintf("var { %s } = require(%q);\n%s", strings.Join(used, ", "), program, own.String())
}

// covers tells whether a head holds a helper that is shared.
func (h *helpers) covers(head string) bool {
	list, _ := chunks(head)
	for _, c := range list {
		if h.known[c.text] {
			return true
		}
	}
	return false
}
