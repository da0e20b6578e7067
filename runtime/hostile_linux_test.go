package runtime_test

import (
	"strings"
	"testing"
)

// TestHostileByWords is TestHostile on a kernel without PAGEMAP_SCAN. Most bombs
// trap, and leave no instance to set back.
func TestHostileByWords(t *testing.T) {
	e := newEngine(t, hostileOptions())
	compared := 0
	for _, c := range readHostile(t) {
		if strings.HasPrefix(c.file, "bombs") {
			continue
		}
		e.ScanByWords()
		_, err := e.Turn(t.Context(), c.message(t))
		if n := checkReset(t, e, err); n > 0 && !trapped(err) {
			compared++
		}
	}
	if compared < 200 {
		t.Errorf("only %d instances were compared with the image", compared)
	}
}
