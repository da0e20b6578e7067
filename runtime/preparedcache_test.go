package runtime

import (
	"testing"

	"qvat/chains"
)

// TestPreparedCacheEvicts: what is kept stays within its bytes, and goes in the
// order in which it was last used.
func TestPreparedCacheEvicts(t *testing.T) {
	c := newPreparedCache()
	m := tiny(t)
	root := m.Chain.Program(0)
	if state, seen := c.find(t.Context(), m); state != nil || seen {
		t.Fatal("an empty cache has something")
	}
	if state, seen := c.find(t.Context(), m); state != nil || !seen {
		t.Fatal("what was seen is not known")
	}
	c.add(root, &prepared{programs: []chains.Hash{root}, fuel: 1})
	big := make(patch, maxPatch)
	for i := range 200 {
		c.add(chains.Hash{byte(i)}, &prepared{patch: big, programs: []chains.Hash{{}}})
		if state, _ := c.find(t.Context(), m); state == nil {
			t.Fatalf("what is in use has gone after %d", i)
		}
		if used, _ := c.size(); used > preparedRoom {
			t.Fatalf("%d bytes are kept", used)
		}
	}
	one := &prepared{patch: big}
	if _, states := c.size(); states < preparedRoom/one.cost()/2 || states > preparedRoom/one.cost()+1 {
		t.Errorf("%d states are kept", states)
	}
	c.add(root, &prepared{unusable: true})
	if state, seen := c.find(t.Context(), m); state != nil || seen {
		t.Error("what cannot be kept is tried again")
	}
}
