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
			m.consts[name] = true
		}
		next := at + 1
		if m.is(next, "=") {
			m.starts[at] = true
			comma, sure := m.value(next + 1)
			if !sure || comma < 0 {
				return names, sure
			}
			next = comma
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

// value reads the value that begins at i, up to the comma before the next
// declaration; where the statement ends without one, that is -1. Where the end
// of a line may end it or not, it is not sure.
func (m *esModule) value(i int) (comma int, sure bool) {
	for at := i; ; at = m.skip(at) {
		switch t := m.at(at); {
		case t.kind == ',':
			return at, true
		case t.kind == ';' || t.kind == 0:
			return -1, true
		case at > i && t.newline:
			if ends := m.broken(at); ends != no {
				return -1, ends == yes
			}
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
	case anIncrement:
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
	case aNumber, aString, anIncrement:
		return yes
	case '{':
		return unsure // a block, or the body of a class
	case anOperator:
		if t.of(m.text) == "!" || t.of(m.text) == "~" {
			return yes
		}
	}
	if before.kind == '}' {
		return unsure // after x => {} a statement ends, after an object it does not
	}
	return no
}
