package host_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestEmbedding does what docs/EMBEDDING.md says, in a folder of its own: another
// module's program embeds a vat.
func TestEmbedding(t *testing.T) {
	t.Parallel()
	top, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := os.ReadFile(filepath.Join(top, "docs", "EMBEDDING.md"))
	if err != nil {
		t.Fatal(err)
	}
	dir, printed, done := t.TempDir(), "", 0
	for _, block := range regexp.MustCompile("(?ms)^```([a-z]+)\n(.*?)^```$").FindAllStringSubmatch(string(doc), -1) {
		done++
		switch kind, text := block[1], block[2]; kind {
		case "go":
			if err := os.WriteFile(filepath.Join(dir, "lamps", "main.go"), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		case "sh":
			if _, err := os.Stat(filepath.Join(dir, "lamps")); err == nil {
				text = "cd lamps\n" + text
			}
			cmd := exec.CommandContext(t.Context(), "sh", "-ec", text)
			cmd.Dir = dir
			// The clone's own build may be one with other modules: this is not.
			cmd.Env = append(os.Environ(), "QVAT="+top, "GOFLAGS=", "GOWORK=off")
			cmd.Stderr = t.Output()
			out, err := cmd.Output()
			if err != nil {
				t.Fatalf("%s%v", text, err)
			}
			printed = string(out)
		case "text":
			if printed != text {
				t.Errorf("it printed %q, and the document says %q", printed, text)
			}
		default:
			t.Errorf("a block of %s is not tried", kind)
		}
	}
	if done != 4 || !strings.Contains(string(doc), "\n```text\n") {
		t.Errorf("the document has %d blocks", done)
	}
}
