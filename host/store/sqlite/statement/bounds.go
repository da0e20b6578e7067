package statement

import (
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"qvat/host/store/sqlite/lite"
)

// SQLite's instr, replace and trim take time in proportion to the product of
// two lengths, within one instruction that no bound can stop. These take time
// in proportion to their sum.

// Restrict takes out of a connection what no statement may have: the clock, chance,
// hidden state, and functions that take too long. What is left answers at most
// longest bytes.
func Restrict(c *lite.Conn, longest int) error {
	return errors.Join(makeDeterministic(c), replaceSearches(c, longest))
}

// replaceSearches puts them in place on a connection. Their answers are at most
// longest bytes.
func replaceSearches(c *lite.Conn, longest int) error {
	trim := func(name string, left, right bool) error {
		return c.Define(name, 2, func(args []string) lite.Result {
			return lite.Result{Text: trimmed(args[0], args[1], left, right)}
		})
	}
	return errors.Join(
		c.Define("instr", 2, func(args []string) lite.Result {
			return lite.Result{IsInt: true, Int: position(args[0], args[1])}
		}),
		c.Define("replace", 3, func(args []string) lite.Result {
			return replaced(args[0], args[1], args[2], longest)
		}),
		trim("trim", true, true), trim("ltrim", true, false), trim("rtrim", false, true),
	)
}

// position gives the place of part in text, in characters from 1, or 0.
func position(text, part string) int64 {
	at := strings.Index(text, part)
	if at < 0 {
		return 0
	}
	return int64(utf8.RuneCountInString(text[:at])) + 1
}

// replaced replaces every from in text by to. An empty from is found nowhere.
func replaced(text, from, to string, longest int) lite.Result {
	if from == "" {
		return lite.Result{Text: text}
	}
	size := int64(len(text)) + int64(strings.Count(text, from))*int64(len(to)-len(from))
	if size > int64(longest) {
		return lite.Result{TooLong: true}
	}
	return lite.Result{Text: strings.ReplaceAll(text, from, to)}
}

// trimmed takes the characters of set off the ends of text.
func trimmed(text, set string, left, right bool) string {
	members := make(map[rune]bool, len(set))
	for _, r := range set {
		members[r] = true
	}
	in := func(r rune) bool { return members[r] }
	if left {
		text = strings.TrimLeftFunc(text, in)
	}
	if right {
		text = strings.TrimRightFunc(text, in)
	}
	return text
}

// Bounds are what a statement may cost.
type Bounds struct {
	Text   int           // bytes of the statement
	Rows   int           // of its answer
	Answer int           // bytes of its answer
	Steps  int64         // instructions of SQLite's machine
	Time   time.Duration // which an instruction that moves a long string can take, too
	Length int           // bytes of a string or a row on the way
}

// limit is one of SQLite's own.
type limit struct {
	what lite.Limit
	n    int
}

// limits are SQLite's own, as they hold for a program's statement.
func (b Bounds) limits() []limit {
	return []limit{
		{lite.LimitLength, b.Length},
		{lite.LimitSQL, b.Text},
		{lite.LimitColumns, 200},
		{lite.LimitDepth, 100},
		{lite.LimitCompound, 50},
		{lite.LimitOps, 25_000},
		{lite.LimitArguments, 100},
		{lite.LimitPattern, 128},
		{lite.LimitParameters, 1000},
		{lite.LimitTriggers, 10},
		{lite.LimitParserDepth, 100},
	}
}

// set sets limits and gives those that were in force.
func set(c *lite.Conn, limits []limit) (before []limit) {
	for _, l := range limits {
		before = append(before, limit{l.what, c.Limit(l.what, l.n)})
	}
	return before
}
