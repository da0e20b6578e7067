package host_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
)

// TestFilesChangeWithTheMessage: a change of a file happens when its message
// commits, before the answer leaves, and not at all when it fails.
func TestFilesChangeWithTheMessage(t *testing.T) {
	dir := newDir(t, "[powers.files]\ndir = \"files\"\nwrite = true\n", `exports.files = require('qvat:files')`)
	v := openVat(t, dir)
	mustInvoke(t, v, capsule("", `exports.main = ({ power }) => { power.files.write('a.txt', 'one'); power.files.append('a.txt', ' two') }`))
	if b, err := os.ReadFile(filepath.Join(dir, "files", "a.txt")); err != nil || string(b) != "one two" {
		t.Errorf("the file holds %q, %v", b, err)
	}
	faultOf(t, v, capsule("", `exports.main = ({ power }) => { power.files.write('a.txt', 'three'); throw new Error('no') }`))
	if got := mustInvoke(t, v, capsule("", `exports.main = ({ power }) => power.files.read('a.txt')`)); got != `"one two"` {
		t.Errorf("the next message reads %s", got)
	}
}

func TestFilesDirMayNotHoldTheVat(t *testing.T) {
	for _, at := range []string{".", "..", "keys", "keys/x", "cache"} {
		dir := newDir(t, fmt.Sprintf("[powers.files]\ndir = %q\n", at), "")
		if v, err := openIt(dir); err == nil {
			t.Errorf("files.dir = %q was taken", at)
			if err := v.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestRequestLeavesAfterTheCommit: a staged request is sent when its message
// has committed, and its answer arrives as a new message, once.
func TestRequestLeavesAfterTheCommit(t *testing.T) {
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1) == 1 {
			// The first try is lost on the way.
			panic(http.ErrAbortHandler)
		}
		b, err := io.ReadAll(r.Body)
		if err != nil || r.Header.Get("Idempotency-Key") == "" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		fmt.Fprintf(w, "heard %s", b)
	}))
	defer server.Close()
	v := newVat(t, fmt.Sprintf("[powers.http]\norigins = [%q]\n", server.URL),
		`exports.http = require('qvat:http'); exports.answers = require('qvat:store').table('answers')`)

	// What the answer is for: a chain that the vat knows.
	then := capsule(`{"body":"","status":0}`, `exports.main = ({ power, input }) => { if (input.status) power.answers.set(input.request, [input.status, input.body]) }`)
	mustInvoke(t, v, then)
	send := func(more string) string {
		input, err := json.Marshal(map[string]string{"url": server.URL + "/x", "then": base64.StdEncoding.EncodeToString(then.Chain.Encode())})
		if err != nil {
			t.Fatal(err)
		}
		return string(input) + more
	}
	const sender = `exports.main = ({ power, input }) => {
		const id = power.http.send({ url: input.url, method: 'POST', body: 'hello', then: input.then })`
	faultOf(t, v, capsule(send(""), sender+`; throw new Error('rolled back') }`))
	id := mustInvoke(t, v, capsule(send(" "), sender+`; return id }`))
	read := capsule(id, `exports.main = ({ power, input }) => power.answers.get(input) ?? null`)
	for t.Context().Err() == nil {
		got := mustInvoke(t, v, read)
		if got == "null" {
			continue
		}
		if got != `[200,"heard hello"]` {
			t.Errorf("the answer is %s", got)
		}
		break
	}
	if n := asked.Load(); n != 2 {
		t.Errorf("the server was asked %d times: one lost, one answered, and none for the message that failed", n)
	}
}
