package bundle

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// token is a piece of a JavaScript text, and kind is its sort: for brackets and
// marks the character itself, else one of the constants.
type token struct {
	kind     byte
	newline  bool  // the first of its line
	depth    int32 // how many brackets are open around it
	from, to int32
	pair     int32 // of a bracket, the index of the other one
}

const (
	aWord       = 'w' // a name or a keyword; #name too
	aNumber     = '0'
	aString     = '"'
	aTemplate   = '`' // from ` to `, or to ${, or from } on
	aRegExp     = '/'
	aDot        = '.' // ?. too
	aSpread     = 's'
	anAssign    = '=' // += and the like too
	anArrow     = '>'
	anIncrement = '+' // ++ and --
	anOperator  = 'o' // every other operator
)

// lexer parts a text into tokens. It knows no grammar, so it cannot always tell
// a division from a regular expression, nor need it: where it is not sure, it
// says that it cannot read the text.
type lexer struct {
	text    string
	at      int
	newline bool
	list    []token
	open    []int32
}

// tokensOf parts a text, and is false where it is not sure how.
func tokensOf(text string) ([]token, bool) {
	// U+2028 and U+2029 end lines, and a comment of HTML is none in a module.
	for _, odd := range []string{"\u2028", "\u2029", "<!--", "-->", "\x00"} {
		if strings.Contains(text, odd) {
			return nil, false
		}
	}
	if strings.HasPrefix(text, "#!") || strings.HasPrefix(text, "\ufeff") || !utf8.ValidString(text) || int64(len(text)) > largest {
		return nil, false
	}
	l := &lexer{text: text, newline: true, list: make([]token, 0, len(text)/4)}
	for l.space() {
		if !l.next() {
			return nil, false
		}
	}
	return l.list, l.at == len(text) && len(l.open) == 0
}

// space skips what stands between tokens. It is false at the end, and where a
// comment has none.
func (l *lexer) space() bool {
	for l.at < len(l.text) {
		switch c := l.text[l.at]; {
		case c == '\n':
			l.newline = true
			l.at++
		case c == '\r' && !strings.HasPrefix(l.text[l.at:], "\r\n"):
			return false // it ends a line, where others see none
		case c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f':
			l.at++
		case strings.HasPrefix(l.text[l.at:], "//"):
			end := strings.IndexByte(l.text[l.at:], '\n')
			if end < 0 {
				end = len(l.text) - l.at
			}
			if i := strings.IndexByte(l.text[l.at:l.at+end], '\r'); i >= 0 && i < end-1 {
				return false
			}
			l.at += end
		case strings.HasPrefix(l.text[l.at:], "/*"):
			end := strings.Index(l.text[l.at+2:], "*/")
			if end < 0 {
				return false
			}
			comment := l.text[l.at : l.at+2+end+2]
			if strings.Count(comment, "\r") != strings.Count(comment, "\r\n") {
				return false
			}
			l.newline = l.newline || strings.Contains(comment, "\n")
			l.at += len(comment)
		default:
			return true
		}
	}
	return false
}

// put adds the token that ends at to.
func (l *lexer) put(kind byte, to int) {
	l.list = append(l.list, token{kind: kind, newline: l.newline, depth: int32(len(l.open)), from: int32(l.at), to: int32(to), pair: -1})
	l.at, l.newline = to, false
}

// next reads the token that begins here.
func (l *lexer) next() bool {
	c := l.text[l.at]
	switch {
	case isWord(c) && (c < '0' || c > '9') || c == '#':
		return l.word()
	case c >= '0' && c <= '9' || c == '.' && l.at+1 < len(l.text) && l.text[l.at+1] >= '0' && l.text[l.at+1] <= '9':
		return l.number()
	case c == '"' || c == '\'':
		return l.quoted(c)
	case c == '`':
		return l.template(l.at + 1)
	case c == '(' || c == '[' || c == '{':
		l.put(c, l.at+1)
		l.open = append(l.open, int32(len(l.list)-1))
		return true
	case c == ')' || c == ']' || c == '}':
		return l.close(c)
	case c == '/':
		switch l.operand() {
		case yes:
			// Or a line has ended a statement: var x, break x.
			return !l.newline && l.operator()
		case no:
			return l.regExp()
		}
		return false
	}
	return l.operator()
}

func (l *lexer) word() bool {
	to := l.at
	if l.text[to] == '#' {
		to++
	}
	from := to
	for to < len(l.text) && isWord(l.text[to]) {
		if l.text[to] < utf8.RuneSelf {
			to++
			continue
		}
		r, size := utf8.DecodeRuneInString(l.text[to:])
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.M, r) {
			return false // a space, or something unusual
		}
		to += size
	}
	if to == from {
		return false
	}
	l.put(aWord, to)
	return true
}

// number takes some more than a number where dots follow, as in 1..toFixed:
// names after a dot do not matter here.
func (l *lexer) number() bool {
	to := l.at
	prefixed := l.text[to] == '0' && to+1 < len(l.text) && strings.IndexByte("xXoObB", l.text[to+1]) >= 0
	for to < len(l.text) {
		c := l.text[to]
		exponent := (c == '+' || c == '-') && !prefixed && (l.text[to-1] == 'e' || l.text[to-1] == 'E') && l.text[to-2] != '.' &&
			to+1 < len(l.text) && l.text[to+1] >= '0' && l.text[to+1] <= '9'
		if c >= utf8.RuneSelf || !isWord(c) && c != '.' && !exponent {
			break
		}
		to++
	}
	if strings.HasPrefix(l.text[to:], "\\") || to < len(l.text) && l.text[to] >= utf8.RuneSelf {
		return false
	}
	l.put(aNumber, to)
	return true
}

func (l *lexer) quoted(quote byte) bool {
	for to := l.at + 1; to < len(l.text); to++ {
		switch l.text[to] {
		case quote:
			return l.literal(aString, to+1)
		case '\n', '\r':
			return false
		case '\\':
			to++
			if strings.HasPrefix(l.text[to:], "\r") { // the line goes on
				if to++; !strings.HasPrefix(l.text[to:], "\n") {
					return false
				}
			}
		}
	}
	return false
}

// template reads on in a template, at to.
func (l *lexer) template(to int) bool {
	for ; to < len(l.text); to++ {
		switch c := l.text[to]; {
		case c == '`':
			return l.literal(aTemplate, to+1)
		case c == '\r' && !strings.HasPrefix(l.text[to:], "\r\n"):
			return false
		case c == '\\':
			to++
		case c == '$' && strings.HasPrefix(l.text[to:], "${"):
			if !l.literal(aTemplate, to+2) {
				return false
			}
			l.open = append(l.open, int32(len(l.list)-1))
			return true
		}
	}
	return false
}

// literal puts a token whose content does not matter. Where it speaks of imports
// or exports, it might be that it was none.
func (l *lexer) literal(kind byte, to int) bool {
	if s := l.text[l.at:to]; len(s) > len("import") && (strings.Contains(s, "import") || strings.Contains(s, "export")) && !l.specifier() {
		return false
	}
	l.put(kind, to)
	return true
}

// specifier tells whether the last token makes a name of a module follow.
func (l *lexer) specifier() bool {
	last := len(l.list) - 1
	return last >= 0 && l.list[last].depth == 0 && (l.list[last].is(l.text, "from") || l.list[last].is(l.text, "import"))
}

func (l *lexer) close(c byte) bool {
	if len(l.open) == 0 {
		return false
	}
	from := l.open[len(l.open)-1]
	opened := l.list[from].kind
	l.open = l.open[:len(l.open)-1]
	switch {
	case opened == aTemplate && c == '}':
		l.list[from].pair = int32(len(l.list))
		at := len(l.list)
		if !l.template(l.at + 1) {
			return false
		}
		l.list[at].pair = from
		return true
	case opened == '(' && c == ')', opened == '[' && c == ']', opened == '{' && c == '}':
		l.put(c, l.at+1)
		l.list[from].pair, l.list[len(l.list)-1].pair = int32(len(l.list)-1), from
		return true
	}
	return false
}

func (l *lexer) regExp() bool {
	class := false
	for to := l.at + 1; to < len(l.text); to++ {
		switch c := l.text[to]; {
		case c == '\n' || c == '\r':
			return false
		case c == '\\':
			to++
			if to < len(l.text) && (l.text[to] == '\n' || l.text[to] == '\r') {
				return false
			}
		case c == '[':
			class = true
		case c == ']':
			class = false
		case c == '/' && !class:
			for to++; to < len(l.text) && isWord(l.text[to]); to++ {
				if l.text[to] >= utf8.RuneSelf {
					return false
				}
			}
			return l.literal(aRegExp, to)
		}
	}
	return false
}

// operators are those of several characters, the longest first.
var operators = []string{
	">>>=", "...", "===", "!==", "**=", "<<=", ">>=", ">>>", "&&=", "||=", "??=",
	"=>", "==", "!=", "<=", ">=", "++", "--", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "&&", "||", "??", "?.", "**", "<<", ">>",
}

func (l *lexer) operator() bool {
	rest := l.text[l.at:]
	size := 1
	if len(rest) > 1 && strings.IndexByte(".=!*<>&|?+-/%^", rest[0]) >= 0 && strings.IndexByte(".=*<>&|?+-", rest[1]) >= 0 {
		for _, op := range operators {
			if strings.HasPrefix(rest, op) {
				size = len(op)
				break
			}
		}
		if strings.HasPrefix(rest, "?.") && len(rest) > 2 && rest[2] >= '0' && rest[2] <= '9' {
			size = 1 // a ? .5 : 1
		}
	}
	switch op := rest[:size]; {
	case op == "?." || op == ".":
		l.put(aDot, l.at+size)
	case op == "...":
		l.put(aSpread, l.at+size)
	case op == "=>":
		l.put(anArrow, l.at+size)
	case op == "++" || op == "--":
		l.put(anIncrement, l.at+size)
	case op == "==" || op == "===" || op == "!=" || op == "!==" || op == "<=" || op == ">=":
		l.put(anOperator, l.at+size)
	case op[size-1] == '=':
		l.put(anAssign, l.at+size)
	case op == ";" || op == "," || op == ":":
		l.put(op[0], l.at+size)
	case size > 1 || strings.IndexByte("!*<>&|?+-/%^~", op[0]) >= 0:
		l.put(anOperator, l.at+size)
	default:
		return false
	}
	return true
}

func (t token) is(text, word string) bool {
	return t.kind == aWord && text[t.from:t.to] == word
}

func (t token) of(text string) string { return text[t.from:t.to] }
