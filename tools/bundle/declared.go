package bundle

// declared reads the declaration that the word at i begins: const, let or var.
// It gives the names that are declared, and is sure of it where these are all.
func (m *esModule) declared(i int) (names []string, sure bool) {
	fixed := m.is(i, "const")
	for at := i + 1; ; {
		if m.at(at).kind != aWord {
			return names, false // a pattern
		}
		name := m.at(at).of(m.text)
		names = append(names, name)
		if fixed {
			m.kept[name] = true
		}
		next := at + 1
		if m.is(next, "=") {
			m.starts[at] = true
			more, sure := false, true
			if next, more, sure = m.value(next + 1); !sure {
				return names, false
			} else if !more {
				return names, true
			}
		}
		switch t := m.at(next); {
		case t.kind == ',':
			at = next + 1
		case t.kind == ';' || t.kind == 0 || t.newline && t.kind == aWord && !m.is(next, "in") && !m.is(next, "of"):
			return names, true
		default:
			return names, false
		}
	}
}

// value reads the value that begins at i, up to the end of its statement, or to
// the comma before the next declaration: there is more then. Where the end of a
// line may end the statement or not, it is not sure.
func (m *esModule) value(i int) (next int, more, sure bool) {
	for at := i; ; at = m.skip(at) {
		t := m.at(at)
		ends := no
		if at > i && t.newline {
			ends = m.broken(at)
		}
		switch {
		case t.kind == ';' || t.kind == 0 || ends == yes:
			return at, false, true
		case ends == unsure:
			return at, false, false
		case t.kind == ',':
			return at, true, true
		}
	}
}

// broken tells whether a statement ends before the token at i, which is the
// first of its line.
func (m *esModule) broken(i int) answer {
	before, t := m.at(i-1), m.at(i)
	switch before.kind {
	case aWord:
		if ends := afterWord(before.of(m.text)); m.at(i-2).kind != aDot && ends != yes {
			return ends // typeof, and the like
		}
	case aNumber, aString, aTemplate, aRegExp, ')', ']', '}':
	case aStep:
		return unsure
	default:
		return no // an operator
	}
	switch t.kind {
	case aWord:
		if t.is(m.text, "in") || t.is(m.text, "instanceof") || t.is(m.text, "extends") {
			return no
		}
		return yes
	case aNumber, aString, aStep:
		return yes
	case '{':
		return unsure // a block, or the body of a class
	case anOther:
		if t.of(m.text) == "!" || t.of(m.text) == "~" {
			return yes
		}
	}
	if before.kind == '}' {
		return unsure // after x => {} a statement ends, after an object it does not
	}
	return no
}
