package bundle

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// statements finds the imports and exports of a module, which stand outside of
// all brackets. Both words are the language's own: nothing else can be called
// so. It is false for what is not of the simple kind.
func (m *esModule) statements() bool {
	for i := 0; i < len(m.tokens); {
		t := m.tokens[i]
		if t.kind != aWord || m.at(i-1).kind == aDot {
			m.begun = m.begun || t.kind != ';'
			i = m.skip(i)
			continue
		}
		next, ok := i+1, true
		switch t.of(m.text) {
		case "import":
			next, ok = m.importAt(i)
		case "export":
			next, ok = m.exportAt(i)
		case "const", "let", "var":
			m.declared(i)
			m.begun = true
		default:
			m.begun = true
		}
		if !ok {
			return false
		}
		i = next
	}
	for _, e := range m.exports {
		if !usable(e.name) {
			return false
		}
	}
	slices.SortStableFunc(m.changes, func(x, y change) int { return cmp.Or(cmp.Compare(x.from, y.from), cmp.Compare(x.to, y.to)) })
	return !m.dropsLicence
}

// skip gives the token after that at i and, where that opens a bracket, after
// what is in it.
func (m *esModule) skip(i int) int {
	for int(m.at(i).pair) > i {
		i = int(m.at(i).pair)
	}
	return i + 1
}

// importAt reads an import, and gives the token after it. Those that are no
// statements have another token where a name should stand.
func (m *esModule) importAt(i int) (next int, ok bool) {
	c := clause{form: bare, start: m.at(i).from, changed: len(m.changes)}
	at := i + 1
	if m.at(at).kind == aString {
		return m.require(c, at, c.start, "")
	}
	m.put(m.at(i).from, m.at(i).to, "const")
	if name := m.at(at); name.kind == aWord { // the default
		m.take(&c, "default", name)
		opened := "{ default: " + name.of(m.text)
		if !m.is(at+1, ",") {
			m.put(name.from, name.to, opened+" }")
			return m.fromAt(c, at+1)
		}
		m.put(name.from, name.to, opened)
		if at += 2; !m.is(at, "{") {
			return 0, false
		}
		m.put(m.at(at).from, m.at(at).to, "")
	}
	switch {
	case m.is(at, "{"):
		c.form = named
		end, ok := m.list(at, func(name, local token) {
			m.take(&c, name.of(m.text), local)
			if name != local {
				m.put(name.to, local.from, ": "+m.lines(name.to, local.from))
			}
		})
		if !ok {
			return 0, false
		}
		return m.fromAt(c, end)
	case m.is(at, "*") && m.is(at+1, "as") && m.at(at+2).kind == aWord:
		name := m.at(at + 2)
		c.form, c.variable = namespace, name.of(m.text)
		m.bound[c.variable] = elsewhere{len(m.clauses), everything}
		between := m.lines(m.at(at).from, name.from)
		if m.at(at).from == m.at(i).to {
			between += " " // import*as n
		}
		m.put(m.at(at).from, name.from, between)
		return m.fromAt(c, at+3)
	}
	return 0, false
}

// take notes an import of the value of an export.
func (m *esModule) take(c *clause, name string, local token) {
	c.form, c.takes = named, append(c.takes, taken{name, local.of(m.text)})
	m.bound[local.of(m.text)] = elsewhere{len(m.clauses), name}
}

// list reads names in braces, of which the first is at i, calls do with each
// and what it is called, and gives the token after it.
func (m *esModule) list(i int, do func(name, as token)) (next int, ok bool) {
	end := int(m.at(i).pair)
	for i++; i < end; i++ {
		name := m.at(i)
		as := name
		if m.is(i+1, "as") {
			i += 2
			as = m.at(i)
		}
		if name.kind != aWord || as.kind != aWord || !usable(name.of(m.text)) || !usable(as.of(m.text)) {
			return 0, false
		}
		do(name, as)
		if i++; i < end && !m.is(i, ",") {
			return 0, false
		}
	}
	return end + 1, true
}

// usable tells whether a name can stand where names of properties do, with no
// meaning of its own there.
func usable(name string) bool {
	return name != "__proto__" && name != "__esModule" && !strings.HasPrefix(name, "#")
}

// fromAt reads `from "name"`, and puts a require in its place.
func (m *esModule) fromAt(c clause, i int) (next int, ok bool) {
	if !m.is(i, "from") {
		return 0, false
	}
	return m.require(c, i+1, m.at(i).from, "= ")
}

// require puts a require of the module that the token at i names in the place
// of that, and of what stands there from from on. It ends the statement.
func (m *esModule) require(c clause, i int, from int32, before string) (next int, ok bool) {
	name := m.at(i)
	if name.kind != aString || m.is(i+1, "with") || m.is(i+1, "assert") || strings.Contains(name.of(m.text), `\`) {
		return 0, false
	}
	c.from = m.text[name.from+1 : name.to-1]
	end := ";"
	if m.is(i+1, ";") {
		end = ""
	}
	it := change{from: int(from), to: int(name.to), text: before, clause: len(m.clauses), rest: end + m.lines(from, name.from)}
	if m.begun {
		// In `f(); import { a } from "x"` the import is done first: its require goes
		// up behind the imports before f, and what had been put in its own place
		// so far is taken back.
		m.changes = m.changes[:c.changed]
		m.put(c.start, name.to, end+m.lines(c.start, name.to))
		it = change{from: m.head, to: m.head, text: " " + c.declares(), clause: it.clause, rest: ";"}
	} else if m.head = int(name.to); end == "" {
		m.head = int(m.at(i + 1).to)
	}
	m.changes, m.clauses = append(m.changes, it), append(m.clauses, c)
	return i + 1, true
}

// declares is what stands before the require of a clause that is written anew.
func (c clause) declares() string {
	switch {
	case c.variable != "":
		return "const " + c.variable + " = "
	case c.form == bare:
		return ""
	}
	var names []string
	for _, one := range c.takes {
		if one.name != one.local {
			one.local = one.name + ": " + one.local
		}
		names = append(names, one.local)
	}
	return "const { " + strings.Join(names, ", ") + " } = "
}

// put puts a text in the place of another.
func (m *esModule) put(from, to int32, text string) {
	m.changes = append(m.changes, change{from: int(from), to: int(to), text: text, clause: -1})
}

// lines are the ends of lines in a part of the text that goes: none gets lost.
// Nor may a comment that esbuild keeps.
func (m *esModule) lines(from, to int32) string {
	gone := m.text[from:to]
	m.dropsLicence = m.dropsLicence || strings.Contains(gone, "/*!") || strings.Contains(gone, "//!") || strings.Contains(gone, "@license") || strings.Contains(gone, "@preserve")
	return strings.Repeat("\n", strings.Count(gone, "\n"))
}

// exportAt reads an export, and gives the token from which on the text stays.
func (m *esModule) exportAt(i int) (next int, ok bool) {
	switch at := i + 1; {
	case m.is(at, "{"):
		return m.exportList(i)
	case m.is(at, "*") && m.is(at+1, "from"):
		return m.reexport(clause{form: reexportAll}, i, at+2)
	case m.is(at, "*") && m.is(at+1, "as") && m.at(at+2).kind == aWord && usable(m.at(at+2).of(m.text)) && m.is(at+3, "from"):
		m.export(export{name: m.at(at + 2).of(m.text), from: &elsewhere{len(m.clauses), everything}})
		return m.reexport(clause{form: reexports}, i, at+4)
	case m.is(at, "default"):
		return m.exportDefault(i)
	case m.is(at, "const") || m.is(at, "let") || m.is(at, "var"):
		names, sure := m.declared(at)
		m.begun = true
		for _, name := range names {
			m.export(export{name: name, local: name})
		}
		m.put(m.at(i).from, m.at(at).from, m.lines(m.at(i).from, m.at(at).from))
		return at + 1, sure
	}
	m.begun = true
	name, ok := m.hoisted(i + 1)
	if !ok || name.kind != aWord {
		return 0, false
	}
	m.export(export{name: name.of(m.text), local: name.of(m.text)})
	m.put(m.at(i).from, m.at(i+1).from, m.lines(m.at(i).from, m.at(i+1).from))
	return i + 2, true
}

func (m *esModule) export(e export) {
	m.names[e.name] = len(m.exports)
	m.exports = append(m.exports, e)
}

// reexport puts a require in the place of an export from elsewhere.
func (m *esModule) reexport(c clause, i, name int) (next int, ok bool) {
	c.variable, c.start, c.changed = m.own+strconv.Itoa(len(m.clauses)+1), m.at(i).from, len(m.changes)
	return m.require(c, name, c.start, c.declares())
}

// exportList is for export { a, b as c }, with or without a module's name.
func (m *esModule) exportList(i int) (next int, ok bool) {
	open := m.at(i + 1)
	away := m.is(int(open.pair)+1, "from")
	next, ok = m.list(i+1, func(name, as token) {
		e := export{name: as.of(m.text), local: name.of(m.text)}
		if away {
			e = export{name: e.name, from: &elsewhere{len(m.clauses), e.local}}
		}
		m.export(e)
	})
	if !ok {
		return 0, false
	}
	if away {
		return m.reexport(clause{form: reexports}, i, next+1)
	}
	from, to := m.at(i).from, m.at(next-1).to
	end := ";" // what stands before may have none
	if m.is(next, ";") {
		end = ""
	}
	m.put(from, to, end+m.lines(from, to))
	return next, true
}

// exportDefault is for export default, of a declaration or of a value.
func (m *esModule) exportDefault(i int) (next int, ok bool) {
	from, word := m.at(i).from, m.at(i+1)
	if m.is(i+2, "async") && m.is(i+3, "function") && m.at(i+3).newline {
		return 0, false // async is a name there
	}
	m.begun = true
	name, declares := m.hoisted(i + 2)
	e := export{name: "default", local: m.own + "default"}
	switch local := e.local; {
	case !declares:
		m.put(from, word.to, "const "+local+" ="+m.lines(from, word.to))
	case name.kind == aWord:
		e.local = name.of(m.text)
		m.put(from, m.at(i+2).from, m.lines(from, m.at(i+2).from))
	case name.to == 0: // the end
		return 0, false
	default:
		m.put(from, m.at(i+2).from, m.lines(from, m.at(i+2).from))
		if m.text[name.from-1] != ' ' {
			local = " " + local
		}
		if name.kind != '(' {
			local += " "
		}
		m.put(name.from, name.from, local)
	}
	m.export(e)
	return i + 2, true
}

// hoisted reads on to the name of the function or class that the token at i
// begins; where it has none, to what stands in its place.
func (m *esModule) hoisted(i int) (name token, ok bool) {
	switch {
	case m.is(i, "async") && m.is(i+1, "function"):
		i++
	case !m.is(i, "function") && !m.is(i, "class"):
		return token{}, false
	}
	class := m.is(i, "class")
	if i++; !class && m.is(i, "*") {
		i++
	}
	if name = m.at(i); name.kind == aWord && class && name.is(m.text, "extends") {
		name.kind = 0
	}
	return name, true
}
