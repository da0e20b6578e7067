package api

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"qvat/chains"
	"qvat/chains/chaintest"
	"qvat/host/fault"
)

// smallCapsules are too small for the padding of a family's largest program.
var smallCapsules = chains.Limits{Capsule: anyCapsule + 200_000}

// rememberingVat is a fakeVat that takes programs from messages, and wants all
// of a chain's and those that they require, as a real one does.
func rememberingVat() *fakeVat {
	v := &fakeVat{capsuleBytes: int64(smallCapsules.Capsule)}
	v.invoke = func(_ context.Context, _ string, c chains.Capsule) (Answer, error) {
		for _, p := range c.Programs {
			v.keep(p)
		}
		if missing := v.wants(c.Chain); len(missing) > 0 {
			f := fault.New(fault.MissingPrograms, "missing")
			for _, h := range missing {
				f.Missing = append(f.Missing, h.String())
			}
			return Answer{}, f
		}
		return Answer{Message: MessageInfo{ID: c.ID().String()}}, nil
	}
	return v
}

func (v *fakeVat) wants(c chains.Chain) []chains.Hash {
	v.mu.Lock()
	defer v.mu.Unlock()
	var all []chains.Hash
	for _, l := range c.Links {
		all = append(all, l.Program)
	}
	for i := 0; i < len(all); i++ {
		if p, ok := v.programs[all[i]]; ok {
			for _, h := range p.Requires() {
				if !slices.Contains(all, h) {
					all = append(all, h)
				}
			}
		}
	}
	return v.lacks(all)
}

// family is a chain whose program requires a, which requires b.
func family(t *testing.T, padding string) (c chains.Capsule, root, a, b chains.Program) {
	t.Helper()
	b = program(t, "exports.b = 1 //"+padding)
	a = program(t, fmt.Sprintf("exports.a = require('%s')", b.Hash()))
	text := fmt.Sprintf("exports.main = () => require('%s').a.b", a.Hash())
	story := chaintest.ParseTexts("root", map[string]string{"root": text})
	c = story.Capsule(`1`)
	c.Programs = append(c.Programs, a, b)
	return c, story.Programs[0], a, b
}

// Whatever of a capsule the vat has already, Call brings the message through.
func TestCallSendsWhatIsMissing(t *testing.T) {
	for _, padding := range []int{0, 2 * anyCapsule} {
		for _, tells := range []Audience{Everybody, Nobody} {
			for had := range 8 {
				t.Run(fmt.Sprintf("%d bytes, tells %s, has %03b", padding, tells, had), func(t *testing.T) {
					c, root, a, b := family(t, spaces(padding))
					v := rememberingVat()
					for i, p := range []chains.Program{root, a, b} {
						if had&(1<<i) != 0 {
							v.keep(p)
						}
					}
					r := run(t, Options{Vat: v, MissingFor: tells, Chains: smallCapsules})
					answer, err := r.client(ClientOptions{}).Call(context.Background(), c, nil)
					if err != nil || answer.Message.ID != c.ID().String() {
						t.Fatalf("%+v, %v", answer, err)
					}
					if tells == Everybody && v.count() != 1 {
						t.Errorf("invoked %d times", v.count())
					}
				})
			}
		}
	}
}

func TestCallWithoutPrograms(t *testing.T) {
	v := &fakeVat{}
	r := run(t, Options{Vat: v})
	var stages []Stage
	_, err := r.client(ClientOptions{}).Call(context.Background(), message(`1`), func(p Progress) {
		stages = append(stages, p.Stage)
	})
	if err != nil || v.asked != 0 || v.count() != 1 || slices.Contains(stages, Asking) {
		t.Errorf("asked %d, invoked %d, stages %v, %v", v.asked, v.count(), stages, err)
	}
}

// A program that neither side has is the caller's to find.
func TestCallMissesForeignPrograms(t *testing.T) {
	v := rememberingVat()
	r := run(t, Options{Vat: v})
	c, root, a, _ := family(t, "")
	c.Programs = []chains.Program{root, a}
	_, err := r.client(ClientOptions{}).Call(context.Background(), c, nil)
	if !faultIs(err, fault.MissingPrograms) || v.count() != 1 {
		t.Errorf("invoked %d times, %v", v.count(), err)
	}
}

// A vat that never has enough is asked twice, not for ever.
func TestCallTriesOnceMore(t *testing.T) {
	v := &fakeVat{}
	c, root, _, _ := family(t, "")
	v.invoke = func(context.Context, string, chains.Capsule) (Answer, error) {
		return Answer{}, &fault.Error{Code: fault.MissingPrograms, Missing: []string{root.Hash().String()}}
	}
	r := run(t, Options{Vat: v})
	_, err := r.client(ClientOptions{}).Call(context.Background(), c, nil)
	if !faultIs(err, fault.MissingPrograms) || v.count() != 2 {
		t.Errorf("invoked %d times, %v", v.count(), err)
	}
}

// Programs travel in the capsule where they fit, and by PUT where the vat's
// capsules are too small for them, whether it says so before or after.
func TestCallChoosesTheWay(t *testing.T) {
	for _, c := range []struct {
		name             string
		padding          int
		says, takes, put int
	}{
		{"small", 0, 1, 4000, 0},
		{"large, fits", 2 * anyCapsule, 3 * anyCapsule, 3 * anyCapsule, 0},
		{"large, does not fit", 2 * anyCapsule, anyCapsule, anyCapsule, 3},
		{"large, does not fit as was said", 2 * anyCapsule, 3 * anyCapsule, anyCapsule, 3},
		{"small, does not fit", 5000, 1000, 1000, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := rememberingVat()
			v.capsuleBytes = int64(c.says)
			put := 0
			v.put = func(_ string, p chains.Program) (bool, error) { put++; return v.keep(p), nil }
			r := run(t, Options{Vat: v, Chains: chains.Limits{Capsule: c.takes}})
			capsule, _, _, _ := family(t, spaces(c.padding))
			if _, err := r.client(ClientOptions{}).Call(context.Background(), capsule, nil); err != nil || put != c.put {
				t.Errorf("%d programs put, %v", put, err)
			}
		})
	}
}

func TestCallProgress(t *testing.T) {
	v := rememberingVat()
	r := run(t, Options{Vat: v, Chains: smallCapsules})
	c, _, _, _ := family(t, spaces(2*anyCapsule))
	var last Progress
	var stages []Stage
	_, err := r.client(ClientOptions{}).Call(context.Background(), c, func(p Progress) {
		if p.Stage != last.Stage {
			if last.Done != last.Total {
				t.Errorf("left at %+v", last)
			}
			stages = append(stages, p.Stage)
		} else if p.Done < last.Done || p.Done > p.Total {
			t.Errorf("%+v after %+v", p, last)
		}
		last = p
	})
	if err != nil || !slices.Equal(stages, []Stage{Asking, Sending, Invoking}) || last.Done != last.Total || last.Total == 0 {
		t.Errorf("stages %v, last %+v, %v", stages, last, err)
	}
}

func TestCallChecksTheID(t *testing.T) {
	v := &fakeVat{}
	v.invoke = func(context.Context, string, chains.Capsule) (Answer, error) {
		return Answer{Message: MessageInfo{ID: message(`2`).ID().String()}}, nil
	}
	r := run(t, Options{Vat: v})
	if _, err := r.client(ClientOptions{}).Call(context.Background(), message(`1`), nil); !errors.Is(err, ErrNotVat) {
		t.Errorf("got %v", err)
	}
}

// What fails on the way to asking or sending is what Call returns.
func TestCallPassesFaultsOn(t *testing.T) {
	c, _, _, _ := family(t, spaces(2*anyCapsule))
	v := rememberingVat()
	v.put = func(string, chains.Program) (bool, error) { return false, fault.New(fault.BusyPeer, "enough") }
	r := run(t, Options{Vat: v, Chains: smallCapsules})
	if _, err := r.client(ClientOptions{}).Call(context.Background(), c, nil); !faultIs(err, fault.BusyPeer) || v.count() != 0 {
		t.Errorf("invoked %d times, %v", v.count(), err)
	}
}
