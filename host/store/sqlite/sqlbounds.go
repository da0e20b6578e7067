package sqlite

import (
	"errors"
	"strings"
	"unicode/utf8"

	"qvat/host/store/sqlite/lite"
)

// SQLite's instr, replace and trim take time in proportion to the product of
// two lengths, within one instruction that no bound can stop. These take time
// in proportion to their sum.

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

// limits are SQLite's own, as they hold for a program's statement.
func limits(o *Options) map[lite.Limit]int {
	return map[lite.Limit]int{
		lite.LimitLength:      sqlLength(o),
		lite.LimitSQL:         o.SQLText,
		lite.LimitColumns:     200,
		lite.LimitDepth:       100,
		lite.LimitCompound:    50,
		lite.LimitOps:         25_000,
		lite.LimitArguments:   100,
		lite.LimitPattern:     128,
		lite.LimitParameters:  1000,
		lite.LimitTriggers:    10,
		lite.LimitParserDepth: 100,
	}
}

// sqlLength bounds a string or a row in a program's statement: any value of a
// row fits, with what surrounds it.
func sqlLength(o *Options) int { return o.ValueBytes + o.KeyBytes + o.TableBytes + 1<<10 }

// narrow sets the limits and gives those that were in force.
func narrow(c *lite.Conn, o *Options) map[lite.Limit]int {
	before := limits(o)
	for what, n := range before {
		before[what] = c.Limit(what, n)
	}
	return before
}

func restore(c *lite.Conn, before map[lite.Limit]int) {
	for what, n := range before {
		c.Limit(what, n)
	}
}
