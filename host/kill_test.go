package host_test

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"qvat/host"
	"qvat/host/api"
	"qvat/host/store/sqlite"
	"qvat/host/store/sqlite/sqlitetest"
	"qvat/runtime/runtimetest"
)

// kills is how often TestKill kills the vat; -kills 100 is for a long look.
var kills = flag.Int("kills", 8, "how often the vat is killed under load")

// serveDir makes the test binary serve a vat instead of running tests.
const serveDir = "QVAT_TEST_SERVE"

func TestMain(m *testing.M) {
	if dir := os.Getenv(serveDir); dir != "" {
		listening := func(url string) { fmt.Println(url) }
		if os.Getenv(probeFor) != "" {
			listening = func(string) { fmt.Println(probe(dir, os.Getenv(probeFor))) }
		}
		err := host.Run(context.Background(), host.RunOptions{Dir: dir, Listen: "127.0.0.1:0", Listening: listening})
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(runtimetest.Main(m))
}

// twice writes the input's number into two tables.
const twice = `exports.main = ({ power, input }) => {
  power.a.set('k' + input, input)
  power.b.set('k' + input, input)
  return input
}`

const twoTables = `const { table } = require('qvat:store'); exports.a = table('a'); exports.b = table('b')`

// TestKill kills the vat at random moments under load. Whatever was answered is
// there afterwards, nothing is half there, and the database is sound.
func TestKill(t *testing.T) {
	dir := newDir(t, "", twoTables)
	next := 0
	var answered []int
	for range *kills {
		done := killOnce(t, dir, next)
		next += 1_000_000
		answered = append(answered, done...)
		checkStore(t, dir, answered)
	}
	t.Logf("%d answered writes survived %d kills", len(answered), *kills)
	if len(answered) < *kills {
		t.Errorf("only %d messages were answered: the test tests little", len(answered))
	}
}

// killOnce serves the vat, writes from several clients, and kills it after a
// random number of answers. It returns what was answered.
func killOnce(t *testing.T, dir string, first int) []int {
	t.Helper()
	cmd, url := child(t, serveDir+"="+dir)
	client, err := api.NewClient(api.ClientOptions{URL: strings.TrimSpace(url)})
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var answered []int
	limit := 1 + rand.IntN(60)
	enough := make(chan struct{})
	var clients sync.WaitGroup
	for c := range 4 {
		clients.Go(func() {
			for i := first + c*100_000; ; i++ {
				body, err := capsule(fmt.Sprint(i), twice).Encode()
				if err != nil {
					t.Error(err)
					return
				}
				if _, err := client.Invoke(t.Context(), body); err != nil {
					return // it has been killed
				}
				mu.Lock()
				answered = append(answered, i)
				if len(answered) == limit {
					close(enough)
				}
				mu.Unlock()
			}
		})
	}
	<-enough
	// The limit falls at any point of what the other clients are at.
	if err := cmd.Process.Kill(); err != nil {
		t.Error(err)
	}
	clients.Wait()
	_ = cmd.Wait() // it was killed
	return answered
}

// child starts the test binary with more in its environment, and gives the
// first line that it prints. It does not outlive the test.
func child(t *testing.T, env ...string) (*exec.Cmd, string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), env...)
	cmd.Stderr = t.Output()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may have ended
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the child said nothing: %v", err)
	}
	return cmd, line
}

func checkStore(t *testing.T, dir string, answered []int) {
	t.Helper()
	s, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(dir, "vat.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := sqlitetest.Check(filepath.Join(dir, "vat.db")); err != nil {
		t.Fatal(err)
	}
	tx, err := s.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	counts := map[string]int64{}
	for _, table := range []string{"a", "b"} {
		if counts[table], err = tx.Count(t.Context(), table); err != nil {
			t.Fatal(err)
		}
	}
	if counts["a"] != counts["b"] {
		t.Errorf("%d rows in one table, %d in the other: a message is half there", counts["a"], counts["b"])
	}
	for _, n := range answered {
		for _, table := range []string{"a", "b"} {
			v, ok, err := tx.Get(t.Context(), table, fmt.Sprintf("k%d", n))
			if err != nil {
				t.Fatal(err)
			}
			var got int
			if !ok || json.Unmarshal(v, &got) != nil || got != n {
				t.Fatalf("message %d was answered and is not in table %s: %s", n, table, v)
			}
		}
	}
}
