package caps

import "testing"

func TestLike(t *testing.T) {
	t.Parallel()
	for _, pair := range [][2]string{
		{"bob", "b0b"},
		{"paul", "pau1"},
		{"paul", "paui"},
		{"morn", "mom"},
		{"will", "vvill"},
		{"a-b", "ab"},
		{"a--b", "a-b"},
		{"self", "5elf"},
		{"alice", "aiice"},
		{"clan", "dan"},
	} {
		if skeleton(pair[0]) != skeleton(pair[1]) {
			t.Errorf("%q and %q are told apart", pair[0], pair[1])
		}
	}
	for _, pair := range [][2]string{{"bob", "rob"}, {"alice", "carol"}, {"ab", "ba"}} {
		if skeleton(pair[0]) == skeleton(pair[1]) {
			t.Errorf("%q and %q are taken for each other", pair[0], pair[1])
		}
	}
}
