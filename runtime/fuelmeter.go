package runtime

import (
	"context"
	goruntime "runtime"
	"time"
)

// fuelSlice is how much fuel an instance gets at a time: a millisecond's worth or
// so. Compiled code cannot be preempted; between slices the Go scheduler and
// the collector have their turn, and the limits in time are looked at.
const fuelSlice = 200_000

// fuelMeter measures the fuel of one message. The instance burns it by the slice;
// the total it has burnt depends on what it did alone.
type fuelMeter struct {
	left     int64 // not yet issued to the instance
	issued   int64 // so far, what is left of the slice in use included
	byHost   int64 // of that, burnt by the host on the message's behalf
	deadline time.Time
	depth    int   // calls into the instance that are under way
	stopped  error // why the instance was stopped, once it was
}

// stopError is why a limit stops an instance.
type stopError string

func (e stopError) Error() string { return string(e) }

const (
	errOutOfFuel = stopError("out of fuel")
	errOutOfTime = stopError("out of time")
)

// setFuel makes ready for a message: fuel in all, and the time by which it ends.
func (in *instance) setFuel(fuel int64, deadline time.Time) {
	first := min(fuel, fuelSlice)
	in.fuel = fuelMeter{left: fuel - first, issued: first, deadline: deadline}
	in.sliceFuel.Set(uint64(first))
}

// burnt is the fuel used since setFuel.
func (in *instance) burnt() int64 { return in.fuel.issued - int64(in.sliceFuel.Get()) }

// charge makes the message pay for what the host does on its behalf.
func (in *instance) charge(ctx context.Context, fuel int64) {
	in.spend(fuel)
	if int64(in.sliceFuel.Get()) < 0 {
		in.refill(ctx)
	}
}

// spend lowers the fuel, and leaves it to others to look whether any is left.
func (in *instance) spend(fuel int64) {
	in.fuel.byHost += fuel
	in.sliceFuel.Set(in.sliceFuel.Get() - uint64(fuel))
}

// refill is called by metered code whose slice is spent. It panics to end the
// instance: no exception that a program could catch.
func (in *instance) refill(ctx context.Context) {
	goruntime.Gosched()
	switch {
	case ctx.Err() != nil:
		in.stop(ctx.Err())
	case !in.fuel.deadline.IsZero() && time.Now().After(in.fuel.deadline):
		in.stop(errOutOfTime)
	}
	need := -int64(in.sliceFuel.Get())
	if need > in.fuel.left {
		in.stop(errOutOfFuel)
	}
	more := min(in.fuel.left, need+fuelSlice)
	in.fuel.left -= more
	in.fuel.issued += more
	in.sliceFuel.Set(in.sliceFuel.Get() + uint64(more))
}

// stop ends the instance by a trap.
func (in *instance) stop(why error) {
	in.fuel.stopped = why
	panic(why)
}
