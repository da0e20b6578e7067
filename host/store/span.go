package store

import "strings"

// span is the rows of a table whose keys are at least low and below high. An
// empty high is no bound.
type span struct{ table, low, high string }

func (s span) holds(key string) bool { return key >= s.low && (s.high == "" || key < s.high) }

// spanOf gives the span that a query asks for.
func spanOf(table string, q EntriesQuery) span {
	s := span{table: table, low: q.Prefix, high: prefixEnd(q.Prefix)}
	if q.After != "" && q.After >= s.low {
		s.low = next(q.After)
	}
	return s
}

// next gives the key that comes right after key.
func next(key string) string { return key + "\x00" }

// prefixEnd gives the first string after all that begin with prefix, or "" when
// there is none.
func prefixEnd(prefix string) string {
	for i := len(prefix) - 1; i >= 0; i-- {
		if prefix[i] != 0xff {
			return prefix[:i] + string([]byte{prefix[i] + 1})
		}
	}
	return ""
}

// compareKeys orders keys as SQLite's binary collation does: by their bytes.
func compareKeys(a, b string) int { return strings.Compare(a, b) }
