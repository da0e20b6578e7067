package runtime

import "time"

// Limits bound one message. A limit that is met ends the message at once, by a
// trap of its instance, whatever its programs catch. Zero stands for the
// default.
type Limits struct {
	// Fuel is how much a message may run, in the units of the meter package:
	// about 200 million a second on a 2020s server core. What compiling its
	// programs takes is part of it, whether or not they were compiled before,
	// so that a message costs the same each time.
	Fuel int64
	// Memory is the bytes of linear memory that an instance may have. The
	// engine and the hardened realm take about 5 MiB of it.
	Memory int64
	// Stack is the bytes of the C stack of the engine: an ordinary call of one
	// JavaScript function by another takes about 200. At most MaxStack.
	Stack int
	// Time is the wall-clock time of a message from the moment that it gets
	// an instance, waiting for powers included.
	Time time.Duration
	// HostCalls is the number of calls to powers and of log lines.
	HostCalls int
	// Result is the bytes of JSON that the root program may return, and that
	// each call to a power may carry or answer.
	Result int
	// Log is the bytes of console output that are kept of a message, each line
	// counted with 160 for what it takes beside its text. What
	// exceeds it is dropped, and the log says so.
	Log int
}

// The defaults of [Limits].
const (
	DefaultFuel      = 400_000_000
	DefaultMemory    = 64 << 20
	DefaultStack     = MaxStack
	DefaultTime      = 10 * time.Second
	DefaultHostCalls = 10_000
	DefaultResult    = 1 << 20
	DefaultLog       = 64 << 10
)

// MaxStack is the most that [Limits.Stack] can be: quickjs.wasm is linked with
// that much at the bottom of its memory. MinStack is the least.
const (
	MaxStack = 1 << 20
	MinStack = 64 << 10
)

// MinMemory is the least that [Limits.Memory] can be: the image has to fit.
const MinMemory = 16 << 20

func (l Limits) withDefaults() Limits {
	or := func(v *int, d int) {
		if *v == 0 {
			*v = d
		}
	}
	if l.Fuel == 0 {
		l.Fuel = DefaultFuel
	}
	if l.Memory == 0 {
		l.Memory = DefaultMemory
	}
	if l.Time == 0 {
		l.Time = DefaultTime
	}
	or(&l.Stack, DefaultStack)
	or(&l.HostCalls, DefaultHostCalls)
	or(&l.Result, DefaultResult)
	or(&l.Log, DefaultLog)
	return l
}
