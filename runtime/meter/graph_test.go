package meter

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// bodyOf is the body of a function without locals that makes the calls.
func bodyOf(calls []uint32) []byte {
	body := []byte{0}
	for _, c := range calls {
		body = appendU32(append(body, opCall), c)
	}
	return append(body, opEnd)
}

// TestNoRecursionGoesUnpaid draws who calls whom. Function 0 is an import.
func TestNoRecursionGoesUnpaid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(t, "functions")
		index := rapid.Uint32Range(0, uint32(n))
		bodies := make([][]byte, n)
		calls := make([][]uint32, n)
		for i := range bodies {
			calls[i] = rapid.SliceOfN(index, 0, 4).Draw(t, "calls")
			bodies[i] = bodyOf(calls[i])
		}
		table := rapid.SliceOfN(rapid.Uint32Range(1, uint32(n)), 0, 3).Draw(t, "table")
		pays, err := payers(bodies, 1, table)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range table {
			if !pays[f-1] {
				t.Fatalf("function %d is in the table and does not pay", f)
			}
		}
		// Take away what pays or calls nothing that is left, until no more goes.
		left := map[uint32]bool{}
		for i := range bodies {
			if slices.Contains(calls[i], 0) && !pays[i] {
				t.Fatalf("function %d calls an import and does not pay", i+1)
			}
			left[uint32(i+1)] = !pays[i]
		}
		for gone := true; gone; {
			gone = false
			for f, here := range left {
				if here && !slices.ContainsFunc(calls[f-1], func(c uint32) bool { return left[c] }) {
					left[f], gone = false, true
				}
			}
		}
		for f, here := range left {
			if here {
				t.Fatalf("function %d is part of a recursion that nobody pays for", f)
			}
		}
	})
}

func TestPayersRefuse(t *testing.T) {
	body := bodyOf(nil)
	for _, c := range []struct {
		name  string
		body  []byte
		table []uint32
		want  string
	}{
		{"a call of what is not there", bodyOf([]uint32{9}), nil, "not there"},
		{"an import in the table", body, []uint32{0}, "import 0"},
		{"what is not there in the table", body, []uint32{2}, "not there"},
	} {
		if _, err := payers([][]byte{c.body}, 1, c.table); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
