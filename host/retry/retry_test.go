package retry

import (
	"testing"
	"time"
)

func TestWaitsDouble(t *testing.T) {
	now := time.Unix(1000, 0)
	tries := Tries[string]{First: time.Second, Last: 5 * time.Minute}
	if got := tries.Of("a"); got != (Try{}) || got.Wait(now) != 0 {
		t.Errorf("what has not failed is %+v", got)
	}
	for i, seconds := range []int{1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300} {
		got := tries.Fail("a", now, "why")
		if wait := got.Wait(now); wait != time.Duration(seconds)*time.Second || got.Failed != i+1 || got.Why != "why" {
			t.Errorf("after %d failures: %+v, a wait of %v", i+1, got, wait)
		}
		if tries.Of("a") != got {
			t.Errorf("it remembers %+v", tries.Of("a"))
		}
		if left := got.Wait(now.Add(time.Duration(seconds) * time.Second)); left != 0 {
			t.Errorf("%v are left when it is due", left)
		}
	}
	for range 1000 { // no number overflows
		tries.Fail("a", now, "")
	}
	if got := tries.Of("a"); got.Wait(now) != 5*time.Minute || got.Failed != 1011 {
		t.Errorf("after a thousand more: %+v", got)
	}
}

func TestForgetAndKeep(t *testing.T) {
	now := time.Unix(1000, 0)
	tries := Tries[string]{First: time.Second, Last: time.Minute}
	tries.Forget("none")
	tries.Keep(nil)
	for _, key := range []string{"a", "b", "c", "d"} {
		tries.Fail(key, now, "")
	}
	tries.Forget("a")
	tries.Keep(map[string]bool{"a": true, "b": true, "x": true})
	for key, want := range map[string]int{"a": 0, "b": 1, "c": 0, "x": 0} {
		if got := tries.Of(key).Failed; got != want {
			t.Errorf("%s has failed %d times, want %d", key, got, want)
		}
	}
	if got := tries.Fail("a", now, "").Wait(now); got != time.Second {
		t.Errorf("what was forgotten waits %v", got)
	}
}
