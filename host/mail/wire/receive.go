package wire

import (
	"context"

	"qvat/chains"
	"qvat/host/caps"
	"qvat/host/mail/letter"
)

// Receive takes a letter from another node, which from must be: the network
// has proved it. When it returns nil, the letter is on the disk. It fails with
// BadSeal, Replayed, NotFound (no such agent), Full, Refused or Wrong, and counts
// that.
func (w *Wire) Receive(ctx context.Context, from caps.Key, m letter.Sealed) error {
	err := w.receive(ctx, from, m)
	if err != nil && caps.CodeOf(err) == "" {
		w.o.Logger.Error("a message from another node could not be kept", "err", err)
	}
	return w.o.Post.CountRefusal(err)
}

func (w *Wire) receive(ctx context.Context, from caps.Key, m letter.Sealed) error {
	here := w.o.Post.Node()
	switch {
	case m.To.Node != here:
		return caps.Refuse(caps.BadSeal, "the message is for another node")
	case m.From.Node != from || from == here:
		return caps.Refuse(caps.BadSeal, "the message says that it is from another node than the one that brought it")
	}
	b, err := w.Open(m)
	if err != nil {
		return err
	}
	return w.o.Post.Take(ctx, m, b)
}

// Open gives what a letter says, once it has checked that it is from whom it says,
// to whom it says, and whole. It asks nobody. It fails with code BadSeal.
func (w *Wire) Open(m letter.Sealed) (letter.Body, error) {
	key, err := chains.ParsePublicKey(m.From.Number[:])
	if err != nil {
		return letter.Body{}, caps.Refuse(caps.BadSeal, "the sender's key is no key: %v", err)
	}
	if !key.Verify(m.Statement(), m.Signature[:]) {
		return letter.Body{}, caps.Refuse(caps.BadSeal, "the message's seal does not hold: it was forged, re-addressed or changed")
	}
	return w.o.Post.Read(m.Body)
}
