package runtime

import (
	"context"
	goruntime "runtime"
	"time"
)

// slice is how much fuel an instance gets at a time: a millisecond's worth or
// so. Compiled code cannot be preempted; between slices the Go scheduler and
// the collector have their turn, and the limits in time are looked at.
const slice = 200_000

// tank is the fuel of one message. The instance burns it by the slice; the
// total it has burnt depends on what it did alone.
type tank struct {
	left     int64 // not yet handed out
	handed   int64 // handed out so far
	spent    int64 // by the host, on the message's behalf
	deadline time.Time
	depth    int   // calls into the instance that are under way
	stopped  error // why the instance was stopped, once it was
}

// errOutOfFuel and errOutOfTime are why a tank stops an instance.
type stopError string

func (e stopError) Error() string { return string(e) }

const (
	errOutOfFuel = stopError("out of fuel")
	errOutOfTime = stopError("out of time")
)

// fill makes ready for a message: fuel in all, and the time by which it ends.
func (in *instance) fill(fuel int64, deadline time.Time) {
	first := min(fuel, slice)
	in.tank = tank{left: fuel - first, handed: first, deadline: deadline}
	in.spare.Set(uint64(first))
}

// burnt is the fuel used since fill.
func (in *instance) burnt() int64 { return in.tank.handed - int64(in.spare.Get()) }

// charge makes the message pay for what the host does on its behalf.
func (in *instance) charge(ctx context.Context, fuel int64) {
	in.spend(fuel)
	if int64(in.spare.Get()) < 0 {
		in.refill(ctx)
	}
}

// spend lowers the fuel, and leaves it to others to look whether any is left.
func (in *instance) spend(fuel int64) {
	in.tank.spent += fuel
	in.spare.Set(in.spare.Get() - uint64(fuel))
}

// refill is called by metered code whose slice is spent. It panics to end the
// instance: no exception that a program could catch.
func (in *instance) refill(ctx context.Context) {
	goruntime.Gosched()
	switch {
	case ctx.Err() != nil:
		in.stop(ctx.Err())
	case !in.tank.deadline.IsZero() && time.Now().After(in.tank.deadline):
		in.stop(errOutOfTime)
	}
	need := -int64(in.spare.Get())
	if need > in.tank.left {
		in.stop(errOutOfFuel)
	}
	more := min(in.tank.left, need+slice)
	in.tank.left -= more
	in.tank.handed += more
	in.spare.Set(in.spare.Get() + uint64(more))
}

// stop ends the instance by a trap.
func (in *instance) stop(why error) {
	in.tank.stopped = why
	panic(why)
}
