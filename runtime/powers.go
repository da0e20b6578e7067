package runtime

import "context"

// This file is the room's contract with whoever grants power to programs: a
// [Module] says what root-power.js gets from require, a [Power] answers its
// calls during one message. The qvat:* modules are written against it, and a
// Go program that embeds a vat adds modules of its own the same way.

// Module is the part of a power that is the same for every message.
type Module struct {
	// Name is what root-power.js requires, such as "qvat:store".
	Name string
	// Source is the guest half: the text of a CommonJS module, evaluated with
	// `host` in scope beside `module`, `exports` and `require`.
	// host(method, ...args) carries its arguments to [Power.Call] as a JSON
	// array and returns what the answer's JSON holds, or throws a
	// [*Refusal] as the Error that it names. For an answer that comes later,
	// host returns a promise.
	//
	// The text is trusted: it is part of this program, not of a message. It is
	// evaluated afresh for each message, and what it exports is deep-frozen.
	Source string
	// Slots says that in messages with [Slots] its arguments and answers are data
	// with slots, and none of its answers comes later. Other modules are given no
	// capability, and give none.
	Slots bool
}

// Power is a module opened for one message. Its calls come one at a time, from
// one goroutine; nothing is called after the turn has ended.
type Power interface {
	// Call answers one call of the guest half.
	//
	// Method and args come through the guest half from programs that may be
	// hostile: Call checks both. args is a JSON array within the turn's
	// limits; it is valid only until Call returns.
	//
	// An error that is a *Refusal is thrown to the program, which may catch
	// it. Any other error ends the turn at once, whatever the program does,
	// and is what [Engine.Turn] returns, wrapped.
	Call(ctx context.Context, method string, args []byte) (Reply, error)
}

// Slots are the capabilities that a message's data holds, by their numbers: what
// their holders can do with them. As those of a [Power], its calls come one at a
// time, from one goroutine, and none after the turn has ended.
type Slots interface {
	// Call calls the slot of number n, which is one that the host has let in:
	// in the message's input, or in the answer to another call.
	//
	// data and the answer are data with slots: JSON in which {"@": n} stands for
	// slot n, and in which a key of data that begins with "@" has one more "@"
	// before it. Their numbers may be new in an answer; in data they are among
	// those that came in. nil stands for undefined in both. data comes from a
	// program that may be hostile: it is sound JSON within the turn's limits, and
	// nothing else is known of it.
	//
	// Errors are as those of [Power].
	Call(ctx context.Context, n int, data []byte) ([]byte, error)
}

// Reply is the answer to a call.
type Reply struct {
	// JSON is the value, one JSON text; nil stands for undefined.
	JSON []byte
	// Later, when it is not nil, is run in a goroutine of its own while the
	// program goes on; its answer settles the promise that the call returned.
	// It must return soon after ctx ends.
	Later func(ctx context.Context) ([]byte, error)
}

// Refusal is an error that a program may see. Its text must hold nothing of
// the host: no path, no address, no stack.
type Refusal struct {
	// Name is the JavaScript class: "Error", "TypeError" or "RangeError"
	// (anything else, and "", counts as "Error").
	Name    string
	Message string
}

func (r *Refusal) Error() string { return r.Message }
