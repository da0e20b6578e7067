package agent

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"qvat/cmd/qvat/cli"
	"qvat/host/actions"
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
		var all []actions.Letter
		for n := range page {
			all = append(all, actions.Letter{Number: uint64(n + 1)})
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
	cmd := New(&cli.App{Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr}, Capsules{})
	cmd.SetArgs([]string{"inbox", "--json", "--vat", dir})
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	var f *cli.Failure
	if err := cmd.ExecuteContext(t.Context()); !errors.As(err, &f) || f.Name != cli.ExitFull || !strings.Contains(err.Error(), "it is full") {
		t.Errorf("it ends with %v", err)
	}
	var all []actions.Letter
	if err := json.Unmarshal([]byte(stdout.String()), &all); err != nil || len(all) != page {
		t.Errorf("stdout has %d messages, %v: %s", len(all), err, &stdout)
	}
	if stderr.Len() > 0 {
		t.Errorf("stderr says %q", &stderr)
	}
}
