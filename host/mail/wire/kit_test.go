package wire_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"qvat/host/caps"
	"qvat/host/mail"
	"qvat/host/mail/letter"
	"qvat/host/mail/mailtest"
	"qvat/host/mail/wire"
)

type vat = mailtest.Vat

func newVat(t testing.TB, o mail.Options) *vat {
	t.Helper()
	return mailtest.New(t, o, nil)
}

func must[T any](value T, err error) func(testing.TB) T { return mailtest.Must(value, err) }

func code(err error) caps.Code { return caps.CodeOf(err) }

// patchy is a network that can be cut, before a delivery or after it.
type patchy struct {
	wire.Network
	mu          sync.Mutex
	off, losing bool
}

func (p *patchy) set(off, losing bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.off, p.losing = off, losing
}

var errCut = errors.New("the network is cut")

func (p *patchy) Deliver(ctx context.Context, node caps.Key, at []string, m letter.Sealed) error {
	p.mu.Lock()
	off, losing := p.off, p.losing
	p.mu.Unlock()
	if off {
		return errCut
	}
	err := p.Network.Deliver(ctx, node, at, m)
	if losing {
		return errCut
	}
	return err
}

// loopback is a network of the nodes within one process.
type loopback struct {
	mu    sync.Mutex
	nodes map[caps.Key]*vat
}

// join has a node receive from now on, through what the vat then is: it may be
// closed and opened meanwhile.
func (l *loopback) join(node caps.Key, v *vat) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.nodes == nil {
		l.nodes = map[caps.Key]*vat{}
	}
	l.nodes[node] = v
}

// from gives the network as a node sees it: what it delivers comes from that node.
func (l *loopback) from(node caps.Key) wire.Network { return loopbackFrom{l, node} }

type loopbackFrom struct {
	l    *loopback
	node caps.Key
}

func (f loopbackFrom) Deliver(ctx context.Context, node caps.Key, _ []string, m letter.Sealed) error {
	f.l.mu.Lock()
	v := f.l.nodes[node]
	f.l.mu.Unlock()
	if v == nil {
		return caps.Refuse(caps.Elsewhere, "the node is not on this network")
	}
	return v.Receive(ctx, f.node, m)
}

// pair is two vats on one network, whose first hosts call each other friend.
func pair(t *testing.T, limits mail.Limits) (here, there *vat, net *patchy) {
	t.Helper()
	loop := &loopback{}
	net = &patchy{Network: loop.from(mailtest.Public("here"))}
	here = mailtest.New(t, mail.Options{Node: mailtest.Node("here")}, net)
	there = mailtest.New(t, mail.Options{Node: mailtest.Node("there"), Limits: limits}, loop.from(mailtest.Public("there")))
	loop.join(mailtest.Public("here"), here)
	loop.join(mailtest.Public("there"), there)
	befriend(t, here, there)
	befriend(t, there, here)
	return here, there, net
}

func befriend(t *testing.T, a, b *vat) {
	t.Helper()
	l := must(b.Named("self").Locate(t.Context(), "SELF"))(t)
	a.OK(a.Named("self").Copy(t.Context(), l.String(), "friend"))
}
