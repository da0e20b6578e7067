package host_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"qvat/host/actions"
	"qvat/host/control"
)

// TestOwner: the owner of a vat that runs reaches its agents at the socket in
// its directory, what was mailed is there when it runs again, and one who
// follows does not keep it from stopping.
func TestOwner(t *testing.T) {
	dir := newDir(t, "[mail]\nmessage_bytes = 2000\n", "")
	socket := filepath.Join(dir, control.Socket)
	_, stop := serve(t, dir)
	info, err := os.Lstat(socket)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the socket's mode is %o", info.Mode().Perm())
	}
	client := control.NewClient(dir)
	defer client.Close()
	if _, err := control.Do(t.Context(), client, "self", actions.MakeGuest{Name: "bob"}); err != nil {
		t.Fatal(err)
	}
	hello := actions.Send{To: "bob", Text: actions.Text{Strings: []string{"hello"}}}
	if _, err := control.Do(t.Context(), client, "self", hello); err != nil {
		t.Fatal(err)
	}
	hello.Strings[0] = string(make([]byte, 3000))
	if _, err := control.Do(t.Context(), client, "self", hello); err == nil {
		t.Error("a message beyond [mail] message_bytes is sent")
	}
	begun, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		for _, err := range client.Follow(t.Context(), "bob", 0) {
			if err == nil {
				close(begun)
				continue
			}
			ended <- err
		}
	}()
	<-begun
	if err := stop(); err != nil {
		t.Error(err)
	}
	if err := <-ended; err == nil {
		t.Error("who followed was not told")
	}
	if _, err := os.Lstat(socket); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket is there after the vat: %v", err)
	}
	if _, err := client.Agents(t.Context()); !errors.Is(err, control.ErrNotRunning) {
		t.Errorf("asking a vat that has stopped: %v", err)
	}
	serve(t, dir)
	all, err := control.Do(t.Context(), client, "bob", actions.Letters{})
	if err != nil || len(all) != 1 || all[0].Strings[0] != "hello" {
		t.Errorf("bob has %+v, %v", all, err)
	}
}
