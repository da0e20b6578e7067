package mail_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"qvat/host/caps"
	"qvat/host/mail"
	"qvat/host/mail/mailtest"
	"qvat/host/store/sqlite"
)

// sendInto makes the test binary send messages in a vat's database, instead of
// running tests, until it is killed.
const sendInto = "QVAT_TEST_SEND_INTO"

func TestMain(m *testing.M) {
	if path := os.Getenv(sendInto); path != "" {
		fmt.Fprintln(os.Stderr, sendForever(path))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// sendForever has several senders mail one recipient, and prints each message's
// id once it is acknowledged.
func sendForever(path string) error {
	ctx := context.Background()
	s, err := sqlite.Open(ctx, sqlite.Options{Path: path})
	if err != nil {
		return err
	}
	p, err := mail.Open(ctx, mail.Options{Store: s, Node: mailtest.Node("here")})
	if err != nil {
		return err
	}
	var printing sync.Mutex
	failed := make(chan error)
	for _, name := range []string{"self", "a", "b", "c"} {
		sender, err := p.Agent(ctx, name)
		if err != nil {
			return err
		}
		to := "HOST"
		if name == "self" {
			to = "SELF"
		}
		go func() {
			for {
				sent, err := sender.Send(ctx, to, []string{"from " + name}, nil, nil)
				if err != nil {
					failed <- err
					return
				}
				printing.Lock()
				fmt.Printf("%s %x\n", name, sent.ID)
				printing.Unlock()
			}
		}()
	}
	return <-failed
}

// TestKill kills a process during a thousand sends, several times: each message
// that was acknowledged is in both mailboxes afterwards, and none is there twice.
func TestKill(t *testing.T) {
	t.Parallel()
	v := newVat(t, mail.Options{Node: mailtest.Node("here")})
	for _, name := range []string{"a", "b", "c"} {
		v.Named(name)
	}
	acknowledged := map[string]string{}
	const kills = 4
	for range kills {
		v.Shut()
		killOnce(t, v.Path, rand.IntN(500), acknowledged)
		v.Open()
		checkMailboxes(t, v, acknowledged)
	}
	if len(acknowledged) < 100 {
		t.Errorf("only %d messages were acknowledged: the test tests little", len(acknowledged))
	}
	t.Logf("%d messages survived %d kills", len(acknowledged), kills)
}

// killOnce kills the child after so many messages, and adds what it acknowledged.
func killOnce(t *testing.T, path string, after int, acknowledged map[string]string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), sendInto+"="+filepath.Clean(path))
	cmd.Stderr = t.Output()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait() //nolint:errcheck // it was killed
	n := 0
	for lines := bufio.NewScanner(out); lines.Scan(); n++ {
		if name, id, ok := strings.Cut(lines.Text(), " "); ok && len(id) == 64 {
			acknowledged[id] = name
		}
		if n == after {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n <= after {
		t.Fatalf("the child ended after %d messages", n)
	}
}

// checkMailboxes compares the mailboxes with what was acknowledged, and with
// each other.
func checkMailboxes(t *testing.T, v *vat, acknowledged map[string]string) {
	t.Helper()
	boxes := map[string]map[string]int{} // ids by agent and way
	fresh := 0
	for _, name := range []string{"self", "a", "b", "c"} {
		a := v.Named(name)
		for after := uint64(0); ; {
			list := must(a.Messages(t.Context(), mail.MessageQuery{After: after, Limit: 1000}))(t)
			for _, m := range list {
				box := name + " " + string(m.State)
				if boxes[box] == nil {
					boxes[box] = map[string]int{}
				}
				boxes[box][fmt.Sprintf("%x", m.ID)]++
				after = m.Number
				if m.State == caps.StateNew {
					fresh++
				}
			}
			if len(list) < 1000 {
				break
			}
		}
	}
	for id, from := range acknowledged {
		if boxes[from+" sent"][id] != 1 || boxes["self new"][id] != 1 {
			t.Errorf("an acknowledged message of %s is in its mailbox %d times, and in the recipient's %d times",
				from, boxes[from+" sent"][id], boxes["self new"][id])
		}
	}
	sent := 0
	for box, ids := range boxes {
		for id, n := range ids {
			if n != 1 {
				t.Errorf("a message is %d times in %s", n, box)
			}
			if strings.HasSuffix(box, " sent") {
				sent++
				if boxes["self new"][id] != 1 {
					t.Errorf("a message in %s is not in the recipient's mailbox", box)
				}
			}
		}
	}
	if sent != fresh {
		t.Errorf("%d messages were sent, and %d arrived", sent, fresh)
	}
	if info := must(v.Named("self").Info(t.Context()))(t); info.Unread != fresh {
		t.Errorf("%d are counted as new; there are %d", info.Unread, fresh)
	}
}
