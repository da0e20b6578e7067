package caps_test

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"qvat/host/caps"
	"qvat/host/store"
	"qvat/host/store/sqlite"
)

// accounts counts what agents pay, of whom each may pay so much.
type accounts struct {
	most int64
	paid map[string]int64
}

func (a *accounts) Charge(_ context.Context, agent string, bytes int64) error {
	if a.paid[agent]+bytes > a.most {
		return caps.Refuse(caps.Full, "agent %s has no room", agent)
	}
	a.paid[agent] += bytes
	return nil
}

func (a *accounts) Refund(_ context.Context, agent string, bytes int64) error {
	a.paid[agent] -= bytes
	return nil
}

// held is a keeper with a store of its own, and its first agent.
type held struct {
	testing.TB
	*caps.Keeper
	accounts accounts
	update   caps.Update
	self     *caps.Agent
}

// maxSearch is how many holders a search looks at in these tests.
const maxSearch = 32

func newHeld(t testing.TB, kinds ...caps.Kind) *held {
	t.Helper()
	s, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(t.TempDir(), "vat.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	k, err := caps.New(caps.Options{Node: caps.Key{1}, Kinds: append(caps.Kinds(), kinds...), MaxNames: 100, MaxAgents: 10, MaxSearch: maxSearch})
	if err != nil {
		t.Fatal(err)
	}
	h := &held{TB: t, Keeper: k, accounts: accounts{most: 1 << 20, paid: map[string]int64{}}}
	h.update = func(ctx context.Context, work func(x *caps.Txn) error) error {
		var x *caps.Txn
		err := store.Update(ctx, s, func(tx store.Tx) error {
			x = k.Txn(caps.TxnOptions{Tx: tx, At: time.UnixMilli(1_800_000_000_000), Accounts: &h.accounts})
			return work(x)
		})
		if err == nil {
			k.Committed(x)
		}
		return err
	}
	h.do(func(x *caps.Txn) error {
		if _, err := x.Begin(t.Context()); err != nil {
			return err
		}
		h.self, err = x.MakeAgent(t.Context(), "self", true, "")
		return err
	})
	return h
}

// do does something that must not fail.
func (h *held) do(work func(x *caps.Txn) error) {
	h.Helper()
	if err := h.update(h.Context(), work); err != nil {
		h.Fatal(err)
	}
}

func (h *held) why(id caps.ID) (lines []string) {
	h.Helper()
	h.do(func(x *caps.Txn) (err error) {
		lines, err = x.Why(h.Context(), h.self, id)
		return err
	})
	return lines
}

// parcelType is a kind that the vat does not have: it has bytes of its own, and holds
// what was put into it.
const parcelType caps.Type = "parcel"

func parcelKind() caps.Kind {
	return caps.Kind{
		Type: parcelType, Holding: "a parcel, which has it inside",
		Look: func(ctx context.Context, x *caps.Txn, id caps.ID, f caps.Formula, t *caps.Thing) error {
			_, err := x.Find(ctx, "qvat:parcel", caps.Number(id.Number).String(), &t.Value)
			t.Names = len(f.Holds)
			return err
		},
		Extra: func(context.Context, *caps.Txn, caps.ID) (int64, error) { return 7, nil },
		Clear: func(ctx context.Context, x *caps.Txn, id caps.ID) error {
			_, err := x.Drop(ctx, "qvat:parcel", caps.Number(id.Number).String())
			return err
		},
	}
}

// TestAKindIsARow: a kind that only its row tells of is made, held, looked up,
// explained, charged for and collected, with what it holds.
func TestAKindIsARow(t *testing.T) {
	t.Parallel()
	h, ctx := newHeld(t, parcelKind()), t.Context()
	var parcel, value caps.ID
	before := h.accounts.paid[h.self.Number]
	h.do(func(x *caps.Txn) (err error) {
		if value, err = x.Make(ctx, h.self, caps.Formula{Type: caps.TypeValue}); err != nil {
			return err
		}
		if err := x.SetContent(ctx, h.self, value, []byte(`"inside"`)); err != nil {
			return err
		}
		f := caps.Formula{Type: parcelType, Holds: []caps.Ref{{ID: value, Type: caps.TypeValue}}}
		if parcel, err = x.MakeNamed(ctx, h.self, caps.Place{Dir: h.self.Dir, Name: "parcel"}, f); err != nil {
			return err
		}
		if err := x.Put(ctx, "qvat:parcel", caps.Number(parcel.Number).String(), "around"); err != nil {
			return err
		}
		return h.accounts.Charge(ctx, h.self.Number, 7)
	})
	if paid := h.accounts.paid[h.self.Number] - before; paid != 3*512+8+7 {
		t.Errorf("%d bytes were charged for two things, a name and their content", paid)
	}
	h.do(func(x *caps.Txn) error {
		typ, err := x.TypeOf(ctx, parcel)
		if err != nil {
			return err
		}
		thing, err := x.Look(ctx, caps.Ref{ID: parcel, Type: typ})
		if thing.Type != parcelType || string(thing.Value) != `"around"` || thing.Names != 1 {
			t.Errorf("it is looked up as %+v", thing)
		}
		return err
	})
	if err := h.Collect(ctx, h.update); err != nil {
		t.Fatal(err)
	}
	want := []string{"agent self: its directory", "name parcel", "a parcel, which has it inside: a value"}
	if got := h.why(value); !slices.Equal(got, want) {
		t.Errorf("what holds what is inside is %q, want %q", got, want)
	}
	h.do(func(x *caps.Txn) error {
		_, err := x.Unbind(ctx, caps.Place{Dir: h.self.Dir, Name: "parcel"})
		return err
	})
	if err := h.Collect(ctx, h.update); err != nil {
		t.Fatal(err)
	}
	if paid := h.accounts.paid[h.self.Number]; paid != before {
		t.Errorf("%d bytes are charged for when all is gone, and were %d before", paid, before)
	}
	h.do(func(x *caps.Txn) error {
		for _, id := range []caps.ID{parcel, value} {
			if _, err := x.Formula(ctx, id); caps.CodeOf(err) != caps.NotFound {
				t.Errorf("what nobody holds is still there: %v", err)
			}
		}
		left := false
		there, err := x.Find(ctx, "qvat:parcel", caps.Number(parcel.Number).String(), &left)
		if there {
			t.Error("what the kind has beside the formula is still there")
		}
		return err
	})
}

// TestNoRoom: who has no room makes nothing.
func TestNoRoom(t *testing.T) {
	t.Parallel()
	h := newHeld(t)
	h.accounts.most = 600
	place := caps.Place{Dir: h.self.Dir, Name: "d"}
	err := h.update(t.Context(), func(x *caps.Txn) error {
		_, err := x.MakeNamed(t.Context(), h.self, place, caps.Formula{Type: caps.TypeDirectory})
		return err
	})
	if caps.CodeOf(err) != caps.Full {
		t.Errorf("a directory and its name in 600 bytes: %v", err)
	}
}

// TestKindsAreApart: two kinds of one name are refused.
func TestKindsAreApart(t *testing.T) {
	t.Parallel()
	_, err := caps.New(caps.Options{Kinds: append(caps.Kinds(), caps.Kind{Type: caps.TypeValue})})
	if err == nil || !strings.Contains(err.Error(), "value") {
		t.Errorf("a second kind called value: %v", err)
	}
}

// TestAgentsComeTheSame: what an agent is made of is drawn and written in one order.
func TestAgentsComeTheSame(t *testing.T) {
	t.Parallel()
	var first string
	for range 20 {
		h := newHeld(t)
		got := strings.Join(writes(t, h), "\n")
		if first == "" {
			first = got
		}
		if got != first {
			t.Fatalf("an agent was written as\n%s\nand then as\n%s", first, got)
		}
	}
}

// writes gives the rows that making an agent writes, in their order.
func writes(t *testing.T, h *held) []string {
	t.Helper()
	var log writeLog
	drawn := byte(0)
	h.do(func(*caps.Txn) error { return nil })
	x := h.Txn(caps.TxnOptions{Tx: &log, Chance: func() ([32]byte, error) {
		drawn++
		return [32]byte{drawn}, nil
	}})
	if _, err := x.MakeAgent(t.Context(), "bob", false, h.self.Number); err != nil {
		t.Fatal(err)
	}
	return log.rows
}

// writeLog is a transaction of an empty store, which notes what is written.
type writeLog struct {
	store.Tx
	rows []string
}

func (l *writeLog) Get(context.Context, string, string) ([]byte, bool, error) { return nil, false, nil }

func (l *writeLog) Set(_ context.Context, table, key string, value []byte) error {
	l.rows = append(l.rows, table+" "+key+" "+string(value))
	return nil
}
