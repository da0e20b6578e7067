package sqlite

import (
	"strings"

	"qvat/host/store"
)

// span is the rows of a table whose keys are at least low and below high. An
// empty high is no bound.
type span struct {
	table, low, high string
	back             bool // they are wanted from the last to the first
}

func (s span) holds(key string) bool { return key >= s.low && (s.high == "" || key < s.high) }

// spanOf gives the span that a query asks for.
func spanOf(table string, q store.EntriesQuery) span {
	s := span{table: table, low: q.Prefix, high: prefixEnd(q.Prefix), back: q.Reverse}
	if q.After != "" && q.After >= s.low {
		s.low = next(q.After)
	}
	if q.Before != "" && (s.high == "" || q.Before < s.high) {
		s.high = q.Before
	}
	return s
}

// upTo cuts off what lies beyond key, in the order of the span.
func (s span) upTo(key string) span {
	if s.back {
		s.low = key
	} else {
		s.high = next(key)
	}
	return s
}

// precedes tells whether key a comes before b in the order of the span.
func (s span) precedes(a, b string) bool {
	if s.back {
		return a > b
	}
	return a < b
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
