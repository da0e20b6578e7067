package mail_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"qvat/host/caps"
	"qvat/host/mail"
)

// TestFollow: the backlog, then live, from any number on, and changes of state.
func TestFollow(t *testing.T) {
	t.Parallel()
	v := newVat(t, mail.Options{})
	self, bob := v.Named("self"), v.Named("bob")
	for range 150 {
		v.Say(self, "bob", "x")
	}
	for _, after := range []uint64{0, 1, 63, 64, 149} {
		var got []uint64
		for m, err := range bob.Follow(t.Context(), after) {
			v.OK(err)
			got = append(got, m.Number)
			if m.Number == 150 {
				break
			}
		}
		if len(got) != int(150-after) || got[0] != after+1 {
			t.Errorf("after %d there came %v", after, got)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	type seen struct {
		number uint64
		state  mail.State
	}
	got := make(chan seen, 100)
	var group sync.WaitGroup
	group.Go(func() {
		for m, err := range bob.Follow(ctx, 149) {
			if err != nil {
				t.Error(err)
			}
			got <- seen{m.Number, m.State}
		}
	})
	expect := func(want ...seen) {
		t.Helper()
		for _, w := range want {
			if g := <-got; g != w {
				t.Errorf("there came %v, want %v", g, w)
			}
		}
	}
	expect(seen{150, caps.StateNew})
	v.Say(self, "bob", "live")
	expect(seen{151, caps.StateNew})
	v.OK(bob.Dismiss(t.Context(), 3))
	expect(seen{3, mail.StateDismissed})
	must(bob.Request(t.Context(), "HOST", "x", ""))(t)
	expect(seen{152, mail.StateSent})
	list := v.Inbox(self)
	v.OK(self.Reject(t.Context(), list[len(list)-1].Number, ""))
	expect(seen{152, caps.StateRejected}, seen{153, caps.StateNew})
	cancel()
	group.Wait()
}

// TestFollowMissesNothing: with many senders and followers that come, stop and
// go on from their last number, each message is seen by each exactly once.
func TestFollowMissesNothing(t *testing.T) {
	t.Parallel()
	v := newVat(t, mail.Options{})
	self, bob := v.Named("self"), v.Named("bob")
	const senders, each = 4, 50
	var group sync.WaitGroup
	for s := range senders {
		group.Go(func() {
			for i := range each {
				if _, err := self.Send(t.Context(), "bob", []string{fmt.Sprint(s, i)}, nil, nil); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for f := range 4 {
		group.Go(func() {
			var numbers []uint64
			last := uint64(0)
			for last < senders*each {
				n := 0
				for m, err := range bob.Follow(t.Context(), last) {
					if err != nil {
						t.Error(err)
						return
					}
					numbers = append(numbers, m.Number)
					last = m.Number
					if n++; n > 7*f && f > 0 || last == senders*each {
						break
					}
				}
			}
			for i, n := range numbers {
				if n != uint64(i)+1 {
					t.Errorf("follower %d saw %d as the %dth", f, n, i+1)
					return
				}
			}
		})
	}
	group.Wait()
}

func TestFollowNames(t *testing.T) {
	t.Parallel()
	v := newVat(t, mail.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	self := v.Named("self")
	v.OK(self.MakeDirectory(ctx, "d"))
	v.Keep(self, "d.a", `1`)
	v.Keep(self, "d.b", `2`)
	id := must(self.Identify(ctx, "d.a"))(t)
	changes, located := make(chan string, 100), make(chan string, 100)
	var group sync.WaitGroup
	follow := func(to chan<- string, names func(func(caps.NameChange, error) bool)) {
		group.Go(func() {
			for c, err := range names {
				switch {
				case err != nil:
					to <- string(code(err))
				case c.Removed:
					to <- "-" + c.Name
				default:
					to <- c.Name
				}
			}
		})
	}
	follow(changes, self.FollowNames(ctx, "d"))
	follow(located, self.FollowLocatorNames(ctx, caps.Locator{ID: id, Type: caps.TypeValue}))
	expect := func(from <-chan string, want ...string) {
		t.Helper()
		for _, w := range want {
			if got := <-from; got != w {
				t.Errorf("there came %q, want %q", got, w)
			}
		}
	}
	expect(changes, "a", "b")
	v.OK(self.Copy(ctx, "d.a", "d.c"))
	expect(changes, "c")
	v.OK(self.Move(ctx, "d.b", "e"))
	expect(changes, "-b")
	v.OK(self.Copy(ctx, "d.c", "mine"))
	expect(located, "mine")
	v.OK(self.Move(ctx, "mine", "yours"))
	expect(located, "-mine", "yours")
	v.OK(self.Remove(ctx, "yours"))
	expect(located, "-yours")
	v.OK(self.Remove(ctx, "d"))
	v.OK(v.Collect(ctx))
	expect(changes, string(caps.NotFound))
	cancel()
	group.Wait()
	for _, err := range self.FollowNames(t.Context(), "d") {
		v.Fails(err, caps.NotFound)
	}
	if names := v.Names(self, ""); !slices.Equal(names, []string{"e"}) {
		t.Errorf("self has %q", names)
	}
}
