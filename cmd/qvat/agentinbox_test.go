package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"qvat/host/control"
)

// TestInboxBreaksOff: what --json has shown when the vat fails is a whole array,
// and nothing follows it on stdout.
func TestInboxBreaksOff(t *testing.T) {
	dir := t.TempDir()
	l, err := net.Listen("unix", filepath.Join(dir, control.Socket))
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if asked++; asked > 1 {
			_, _ = fmt.Fprint(w, `{"error":{"code":"full","message":"it is full","hint":""}}`)
			return
		}
		var all []control.Message
		for n := range page {
			all = append(all, control.Message{Number: uint64(n + 1)})
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"result": all})
	})}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(l) }()
	t.Cleanup(func() {
		_ = srv.Close()
		<-done
	})
	var stdout, stderr strings.Builder
	a := &app{stdin: strings.NewReader(""), stdout: &stdout, stderr: &stderr, getenv: func(string) string { return "" }}
	if code := a.run(t.Context(), []string{"agent", "inbox", "--json", "--vat", dir}); code != exitCode(exitFull) {
		t.Errorf("it ends with %d: %s", code, &stderr)
	}
	var all []control.Message
	if err := json.Unmarshal([]byte(stdout.String()), &all); err != nil || len(all) != page {
		t.Errorf("stdout has %d messages, %v: %s", len(all), err, &stdout)
	}
	if !strings.Contains(stderr.String(), "it is full") {
		t.Errorf("stderr says %q", &stderr)
	}
}
