package powers

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"qvat/chains/chaintest"
)

// step is one thing that a message asks a recorder for. It gives what it was
// told.
type step struct {
	what string
	n    int
}

func (s step) do(r *Recorder) ([]byte, error) {
	switch s.what {
	case "tick":
		at, err := r.tick(arrived.UnixMilli())
		return []byte(time.UnixMilli(at).UTC().String()), err
	case "draw":
		b := make([]byte, s.n)
		return b, r.draw(b)
	case "id":
		id, err := r.requestID("send", s.n, sha256.Sum256(nil))
		return []byte(id), err
	}
	request := sha256.Sum256([]byte{byte(s.n)})
	n := len(r.asked.http)
	answer, err := r.kept(n, request)
	if err != nil {
		return nil, err
	}
	if answer == nil {
		answer = []byte(`{"answer":"from the world"}`)
	}
	r.settle(request, answer)
	return answer, nil
}

func steps(t *rapid.T) []step {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) step {
		return step{rapid.SampledFrom([]string{"tick", "draw", "id", "fetch"}).Draw(t, "what"), rapid.IntRange(1, 40).Draw(t, "n")}
	}), 0, 30).Draw(t, "steps")
}

// wandering is a clock that goes forward, stands still and goes back.
func wandering(t *rapid.T) func() time.Time {
	at := arrived
	moves := rapid.SliceOfN(rapid.Int64Range(-3000, 5000), 1, 8).Draw(t, "moves")
	i := 0
	return func() time.Time {
		at = at.Add(time.Duration(moves[i%len(moves)]) * time.Microsecond)
		i++
		return at
	}
}

// subject is what the tests' records are of.
var subject = Subject{Chain: chaintest.Parse("root -> bob").Capsule("").Chain, Input: []byte("{\"a\":\n1}")}

// record is that of a recorder.
func record(r *Recorder) []byte { return r.Bytes(subject, 100) }

// TestReplay: a message that asks for the same is told the same, by a record
// that comes out the same.
func TestReplay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		live := &Recorder{now: wandering(t)}
		asked := steps(t)
		var told [][]byte
		for _, s := range asked {
			b, err := s.do(live)
			if err != nil {
				t.Fatal(err)
			}
			told = append(told, b)
		}
		replay, _, err := Replay(record(live))
		if err != nil {
			t.Fatal(err)
		}
		for i, s := range asked {
			b, err := s.do(replay)
			if err != nil || !bytes.Equal(b, told[i]) {
				t.Fatalf("step %d, %v: told %q, then %q (%v)", i, s, told[i], b, err)
			}
		}
		if err := replay.Finish(); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(record(replay), record(live)) {
			t.Fatalf("the record changed: %s, then %s", record(live), record(replay))
		}
		// One step less, or one more, is another run.
		short, _, err := Replay(record(live))
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range asked[:max(0, len(asked)-1)] {
			if _, err := s.do(short); err != nil {
				t.Fatal(err)
			}
		}
		seedGiven := live.asked.seed != nil && short.asked.seed == nil
		if n := len(asked); n > 0 && (asked[n-1].what != "id" || seedGiven) && !errors.Is(short.Finish(), ErrDiverged) {
			t.Fatalf("a replay without its last step, %v, was taken", asked[n-1])
		}
		for _, what := range []string{"tick", "draw", "fetch"} {
			if _, err := (step{what, 1}).do(replay); !errors.Is(err, ErrDiverged) {
				t.Fatalf("one %s more: %v", what, err)
			}
		}
	})
}

func TestReplayOfAnotherRequest(t *testing.T) {
	var live Recorder
	if _, err := (step{"fetch", 1}).do(&live); err != nil {
		t.Fatal(err)
	}
	r, _, err := Replay(record(&live))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := (step{"fetch", 2}).do(r); !errors.Is(err, ErrDiverged) {
		t.Errorf("got %v", err)
	}
}

// TestClock: time stands or goes forward, and no message has a time before it
// arrived.
func TestClock(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := &Recorder{now: wandering(t)}
		last := arrived.UnixMilli()
		for range 50 {
			at, err := r.tick(arrived.UnixMilli())
			if err != nil || at < last {
				t.Fatalf("%d came after %d (%v)", at, last, err)
			}
			last = at
		}
	})
}

// TestAgain: after conflicts chance is the same, and an answer that is known is
// not asked for again; the record is that of the last attempt alone.
func TestAgain(t *testing.T) {
	first := &Recorder{}
	var told [][]byte
	asked := []step{{"draw", 16}, {"id", 1}, {"fetch", 1}, {"fetch", 2}}
	for _, s := range asked {
		b, err := s.do(first)
		if err != nil {
			t.Fatal(err)
		}
		told = append(told, b)
	}
	nothing := first.Again() // an attempt that ended at once
	third := nothing.Again()
	for i, s := range asked[:3] {
		if b, err := s.do(third); err != nil || !bytes.Equal(b, told[i]) {
			t.Errorf("%v: told %q, then %q (%v)", s, told[i], b, err)
		}
	}
	if known, err := third.kept(1, sha256.Sum256([]byte{2})); err != nil || known == nil {
		t.Errorf("the second fetch is sent again (%v)", err)
	}
	if known, err := third.kept(1, sha256.Sum256([]byte{3})); err != nil || known != nil {
		t.Errorf("another request was given %q (%v)", known, err)
	}
	if nothing.Told() {
		t.Errorf("an attempt that asked for nothing recorded %s", record(nothing))
	}
	replay, _, err := Replay(record(third))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range asked[:3] {
		if _, err := s.do(replay); err != nil {
			t.Error(err)
		}
	}
	if err := replay.Finish(); err != nil {
		t.Error(err)
	}
	// Two messages share no chance.
	other := make([]byte, 16)
	if err := (&Recorder{}).draw(other); err != nil || bytes.Equal(other, told[0]) {
		t.Errorf("another message drew the same (%v)", err)
	}
}

func TestReplayRefuses(t *testing.T) {
	for _, record := range []string{
		``, `null`, `{}`, `{"v":2}`, `{"v":1}`, `{"v":1,"clock":[[5,0]]}`, `{"v":1,"clock":[[5,1],[0,1]]}`, `{"v":1,"seed":"00"}`,
		`{"v":1,"clock":[[5,1]],"more":1}`, `{"v":1, "clock":[[5,1]]}`, `{"v":1,"clock":[[5,1]]}{}`, `{"v":1,"http":[{"request":"zz","answer":{}}]}`,
	} {
		if _, _, err := Replay([]byte(record)); err == nil {
			t.Errorf("%s was taken", record)
		}
	}
	whole := record(&Recorder{})
	for i := range whole {
		// The input is whatever comes last.
		if _, _, err := Replay(whole[:i]); err == nil && i < len(whole)-len(subject.Input) {
			t.Errorf("the first %d bytes of a record were taken", i)
		}
	}
}

// TestReplayOfVersion1: records that lie in databases since before are still read.
func TestReplayOfVersion1(t *testing.T) {
	r, of, err := Replay([]byte(`{"v":1,"clock":[[1700000000124,2]],"seed":"` + strings.Repeat("07", 32) + `","drawn":4}`))
	if err != nil || of.Input != nil || len(of.Chain.Links) > 0 {
		t.Fatalf("it is of %v, %v", of, err)
	}
	for range 2 {
		if at, err := r.tick(0); err != nil || at != 1_700_000_000_124 {
			t.Errorf("the time is %d, %v", at, err)
		}
	}
	if err := r.draw(make([]byte, 4)); err != nil {
		t.Error(err)
	}
	if err := r.Finish(); err != nil {
		t.Error(err)
	}
}

// TestSubject: a record says what was run, and leaves out no more than an input that
// is too long.
func TestSubject(t *testing.T) {
	long, hash := subject, sha256.Sum256(subject.Input)
	long.Call = []byte(`{"agent":"x"}`)
	for most, want := range map[int]Subject{
		len(subject.Input):     {Chain: long.Chain, Call: long.Call, Input: long.Input},
		len(subject.Input) - 1: {Chain: long.Chain, Call: long.Call, InputHash: &hash},
	} {
		var live Recorder
		if err := live.draw(make([]byte, 9)); err != nil {
			t.Fatal(err)
		}
		_, got, err := Replay(live.Bytes(long, most))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("of an input of %d bytes at most: %v, %v; want %v", most, got, err, want)
		}
	}
}

// TestChance: who takes part under another name draws something else, and all that
// is drawn is the same in a replay; what draws nothing has no record of it.
func TestChance(t *testing.T) {
	draw := func(r *Recorder) (all [][32]byte) {
		a, b := r.Chance("a"), r.Chance("b")
		for _, from := range []func() ([32]byte, error){a, b, a, b} {
			n, err := from()
			if err != nil {
				t.Fatal(err)
			}
			if slices.Contains(all, n) {
				t.Errorf("%x was drawn twice", n)
			}
			all = append(all, n)
		}
		return all
	}
	var live, idle Recorder
	idle.Chance("a")
	if idle.Told() {
		t.Error("nothing was drawn, and there is a record of it")
	}
	told := draw(&live)
	replay, _, err := Replay(record(&live))
	if err != nil {
		t.Fatal(err)
	}
	if again := draw(replay); !slices.Equal(told, again) || !slices.Equal(told, draw(live.Again())) {
		t.Errorf("drew %x, then %x", told, again)
	}
	if replay, _, err = Replay(record(&idle)); err != nil {
		t.Fatal(err)
	}
	if _, err := replay.Chance("a")(); !errors.Is(err, ErrDiverged) {
		t.Errorf("what was never drawn was drawn in a replay: %v", err)
	}
}
