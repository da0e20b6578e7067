package mail_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"testing"

	"qvat/host/caps"
	"qvat/host/mail"
	"qvat/host/mail/mailtest"
	"qvat/host/store/sqlite"
)

// TestCollectWhatManyHold: one thing that many lost directories hold does not stop
// all collection for good.
func TestCollectWhatManyHold(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	// 64 KiB in place of the default 16 MiB, so that the test is short: with the
	// default it takes 256 times as many directories.
	s := must(sqlite.Open(ctx, sqlite.Options{Path: filepath.Join(t.TempDir(), "vat.db"), TxBytes: 64 << 10}))(t)
	defer s.Close() //nolint:errcheck // a test's
	p := must(mail.Open(ctx, mail.Options{Store: s, Node: mailtest.Node("here"), Logger: slog.New(slog.DiscardHandler)}))(t)
	self := must(p.Agent(ctx, "self"))(t)
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	// Of some values the one with the lowest number, which the collector sees first.
	var x caps.ID
	for i := range 16 {
		id := must(self.StoreValue(ctx, fmt.Sprint("v", i), json.RawMessage(`1`)))(t)
		if i == 0 || slices.Compare(id.Number[:], x.Number[:]) < 0 {
			x = id
		}
	}
	check(self.MakeDirectory(ctx, "top"))
	for from := range 100 {
		tx := must(s.Begin(ctx))(t)
		self := must(p.In(tx).Agent(ctx, "self"))(t)
		for i := range 4 {
			dir := fmt.Sprint("top.d", 4*from+i)
			check(self.MakeDirectory(ctx, dir))
			check(self.Copy(ctx, x.String(), dir+".x"))
		}
		check(tx.Commit(ctx, nil))
	}
	check(self.Remove(ctx, must(self.ReverseIdentify(ctx, x))(t)[0]))
	check(self.Remove(ctx, "top"))
	for range 5 {
		if err := p.Collect(ctx); err != nil {
			t.Logf("collect: %v", err)
		}
	}
	if err := p.Collect(ctx); err != nil {
		t.Errorf("the collector does not get past it: %v", err)
	}
	if _, err := self.Lookup(ctx, x.String()); code(err) != caps.NotFound {
		t.Errorf("what nobody holds is still there: %v", err)
	}
}
