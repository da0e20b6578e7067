package bundle

// answer is what is known of a question.
type answer int

const (
	no answer = iota
	yes
	unsure
)

// operand tells whether the last token ends a value, so that a slash here
// divides it; else a regular expression begins.
func (l *lexer) operand() answer {
	if len(l.list) == 0 {
		return no
	}
	last := len(l.list) - 1
	switch t := l.list[last]; t.kind {
	case aNumber, aString, aRegExp, ']':
		return yes
	case aTemplate:
		if t.to > t.from && l.text[t.to-1] == '{' && len(l.open) > 0 && l.open[len(l.open)-1] == int32(last) {
			return no // after ${
		}
		return yes
	case '}', anIncrement:
		return unsure // the end of a block, or of an object; x++ / y, or ++/x/.y
	case ')':
		return afterParenthesis(l.text, l.list, int(t.pair))
	case aWord:
		if last > 0 && l.list[last-1].kind == aDot {
			return yes
		}
		return afterWord(t.of(l.text))
	}
	return no
}

// afterParenthesis is for what follows the parenthesis that was opened at i: a
// value, unless a statement has it.
func afterParenthesis(text string, list []token, i int) answer {
	if i == 0 || list[i-1].kind != aWord || i > 1 && list[i-2].kind == aDot {
		return yes
	}
	switch list[i-1].of(text) {
	case "if", "for", "while", "with", "await", "switch", "catch":
		return unsure
	}
	return yes
}

// afterWord is for what follows a word. Some are the language's own in ES
// modules, or in places, and else they are names.
func afterWord(word string) answer {
	switch word {
	case "return", "typeof", "case", "in", "delete", "void", "throw", "new", "instanceof", "do", "else", "extends", "default":
		return no
	case "of", "yield", "await", "break", "continue", "debugger", "if", "for", "while", "with", "switch", "catch", "try", "finally",
		"function", "class", "var", "let", "const", "import", "export", "static", "enum":
		return unsure
	}
	return yes
}
