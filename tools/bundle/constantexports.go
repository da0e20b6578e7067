package bundle

// found is what is known of a name that a module may export.
type found struct {
	exists   answer
	constant bool // its value does not change once the module has been evaluated
}

// exportFinder finds out what modules export, from where they have it.
type exportFinder struct {
	known map[exportKey]found
}

type exportKey struct {
	f    *file
	name string
}

// find looks for an export of a file. Where the file is not of the simple kind,
// nothing is known.
func (s *exportFinder) find(f *file, name string) found {
	key := exportKey{f, name}
	is, ok := s.known[key]
	if !ok {
		is = s.findNew(f, name)
		s.known[key] = is
	}
	return is
}

// findImported looks for an export of what a file imports. Of modules that import
// each other nothing is known of the others, whichever is asked first.
func (s *exportFinder) findImported(f *file, clause int, name string) found {
	to := f.imports[clause].to
	if to.group == f.group {
		return found{exists: unsure}
	}
	return s.find(to, name)
}

func (s *exportFinder) findNew(f *file, name string) found {
	m := f.module
	if m == nil {
		return found{exists: unsure}
	}
	if i, ok := m.names[name]; ok {
		e := m.exports[i]
		switch {
		case e.from == nil:
			return found{yes, m.constant(e.local)}
		case e.from.name == everything:
			return found{yes, true}
		}
		there := s.findImported(f, e.from.clause, e.from.name)
		return found{yes, there.exists == yes && there.constant}
	}
	if name == "default" {
		return found{}
	}
	for i, c := range m.clauses {
		if c.form != reexportAll {
			continue
		}
		if there := s.findImported(f, i, name); there.exists != no {
			return there // of two, the first counts
		}
	}
	return found{}
}

// constant tells whether a name of the module's own surely keeps the value that
// it has when the module has been evaluated.
func (m *esModule) constant(name string) bool {
	return m.consts[name] || !m.reassigned[name]
}

// findReassigned gives the exported names that something may assign to after their
// declaration; or to others of that name, which may be another thing.
func (m *esModule) findReassigned() map[string]bool {
	reassigned, ours := map[string]bool{}, map[string]bool{}
	for _, e := range m.exports {
		if e.from == nil && !m.consts[e.local] {
			ours[e.local] = true
		}
	}
	patterns := 0 // brackets around that are, or may be, assigned to
	for i, t := range m.tokens {
		if t.kind != aWord {
			if pair := int(t.pair); pair > i && t.kind != aTemplate && m.mayBeAssigned(i, pair) {
				patterns++
			} else if pair >= 0 && pair < i && t.kind != aTemplate && m.mayBeAssigned(pair, i) {
				patterns--
			}
			continue
		}
		if name := t.of(m.text); ours[name] && m.at(i-1).kind != aDot && (patterns > 0 || m.mayBeAssigned(i, i)) && !m.starts[i] && !m.redeclared(i) {
			reassigned[name] = true
		}
	}
	return reassigned
}

// redeclared tells whether the name at i is declared there within brackets: it is
// that of another thing.
func (m *esModule) redeclared(i int) bool {
	return m.at(i).depth > 0 && m.at(i-2).kind != aDot && (m.is(i-1, "const") || m.is(i-1, "let"))
}

// mayBeAssigned tells whether the tokens from first to last may be assigned to, as far
// as their neighbours tell. What is in the brackets of a[b], or of f(b), is not;
// but before these a line may have ended a statement.
func (m *esModule) mayBeAssigned(first, last int) bool {
	before, after := m.at(first-1), m.at(last+1)
	if first < last && m.at(first).kind != '{' && !m.at(first).newline {
		switch before.kind {
		case ']':
			return false
		case ')':
			if afterParenthesis(m.text, m.tokens, int(before.pair)) == yes {
				return false
			}
		case aWord:
			if m.at(first-2).kind == aDot || afterWord(before.of(m.text)) == yes {
				return false
			}
		}
	}
	return after.kind == anAssign || after.kind == anIncrement || before.kind == anIncrement || after.is(m.text, "of") || after.is(m.text, "in")
}
