package mail

import (
	"context"
	"crypto/ed25519"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"time"

	"qvat/chains"
)

// Receiver takes messages for a node; a [Post] is one.
type Receiver interface {
	Receive(ctx context.Context, from Key, m Sealed) error
}

// Loopback is a network of the nodes within one process. Its zero value has
// none. Its methods may be called from any goroutine.
type Loopback struct {
	mu    sync.Mutex
	nodes map[Key]Receiver
}

// Join has a node receive from now on; nil takes it off the network.
func (l *Loopback) Join(node Key, r Receiver) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.nodes == nil {
		l.nodes = map[Key]Receiver{}
	}
	if r == nil {
		delete(l.nodes, node)
	} else {
		l.nodes[node] = r
	}
}

// From gives the network as a node sees it: what it delivers comes from that
// node.
func (l *Loopback) From(node Key) Network { return loopbackFrom{l, node} }

type loopbackFrom struct {
	l    *Loopback
	node Key
}

func (f loopbackFrom) Deliver(ctx context.Context, node Key, _ []string, m Sealed) error {
	f.l.mu.Lock()
	r := f.l.nodes[node]
	f.l.mu.Unlock()
	if r == nil {
		return refusal(Elsewhere, "the node is not on this network")
	}
	return r.Receive(ctx, f.node, m)
}

// A socket carries frames: four bytes, most significant first, that say how many
// follow, and so many bytes of JSON. A connection carries one message:
//
//	caller: {"node": KEY, "nonce": 32 bytes}
//	callee: {"node": KEY, "nonce": 32 bytes, "proof": signature}
//	caller: {"proof": signature, "message": …}
//	callee: {} when it has committed, or {"code", "message", "hint"}
//
// A proof is the node's signature over loopContext, the signer's role (a byte, 0
// for the caller), both nodes and both nonces, caller's first. So neither side
// can use the other's proof anywhere else.
const (
	loopContext = "qvat mail loopback v1\n"
	loopFrame   = 1 << 20
	loopTime    = 30 * time.Second // for one message, of which
	loopSilence = 3 * time.Second  // the caller may take so long to say it
	loopAtOnce  = 64               // connections that are served at once
	socketAt    = "unix:"
)

type loopHello struct {
	Node  Key    `json:"node"`
	Nonce number `json:"nonce"`
	Proof []byte `json:"proof,omitempty"`
}

type loopMessage struct {
	Proof   []byte `json:"proof"`
	Message struct {
		From      ID     `json:"from"`
		To        ID     `json:"to"`
		ID        number `json:"id"`
		Body      []byte `json:"body"`
		Signature []byte `json:"signature"`
	} `json:"message"`
}

type loopAnswer struct {
	Code    Code   `json:"code,omitempty"`
	Message string `json:"message,omitempty"`
	Hint    string `json:"hint,omitempty"`
}

// loopStatement is what a role signs.
func loopStatement(role byte, caller, callee loopHello) []byte {
	b := append([]byte(loopContext), role)
	b = append(b, caller.Node[:]...)
	b = append(b, callee.Node[:]...)
	b = append(b, caller.Nonce[:]...)
	return append(b, callee.Nonce[:]...)
}

func proves(node Key, statement, proof []byte) bool {
	key, err := chains.ParsePublicKey(node[:])
	return err == nil && key.Verify(statement, proof)
}

// Socket is the network over Unix sockets, between vats on one machine. An
// address of a node is "unix:" and the path of its socket.
type Socket struct {
	Node   ed25519.PrivateKey
	Logger *slog.Logger // nil discards
}

func (s Socket) key() Key { return Key(s.Node.Public().(ed25519.PublicKey)) }

// Deliver is [Network]'s: it tries the addresses in turn.
func (s Socket) Deliver(ctx context.Context, node Key, at []string, m Sealed) error {
	last := error(refusal(Elsewhere, "no address of the node is known"))
	for _, address := range at {
		path, ok := strings.CutPrefix(address, socketAt)
		if !ok {
			continue
		}
		err := s.deliverTo(ctx, node, path, m)
		var refused *Error
		if err == nil || errors.As(err, &refused) {
			return err
		}
		last = err
	}
	return last
}

func (s Socket) deliverTo(ctx context.Context, node Key, path string, m Sealed) (err error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", path)
	if err != nil {
		return fmt.Errorf("reach the node: %w", err)
	}
	defer conn.Close() //nolint:errcheck // all was said
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if err := conn.SetDeadline(time.Now().Add(loopTime)); err != nil {
		return err
	}
	caller := loopHello{Node: s.key(), Nonce: random()}
	if err := writeFrame(conn, caller); err != nil {
		return err
	}
	var callee loopHello
	if err := readFrame(conn, &callee); err != nil {
		return err
	}
	if callee.Node != node || !proves(node, loopStatement(1, caller, callee), callee.Proof) {
		return errors.New("who answers at the node's address is another node")
	}
	var out loopMessage
	out.Proof = ed25519.Sign(s.Node, loopStatement(0, caller, callee))
	out.Message.From, out.Message.To, out.Message.ID, out.Message.Body = m.From, m.To, m.ID, m.Body
	out.Message.Signature = m.Signature[:]
	if err := writeFrame(conn, out); err != nil {
		return err
	}
	var answer loopAnswer
	if err := readFrame(conn, &answer); err != nil {
		return err
	}
	if answer.Code != "" {
		return &Error{Code: answer.Code, Message: answer.Message, Hint: answer.Hint}
	}
	return nil
}

// Serve takes messages from a listener for a receiver, until ctx ends or the
// listener fails. It closes the listener.
func (s Socket) Serve(ctx context.Context, l net.Listener, r Receiver) error {
	log := s.Logger
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	stop := context.AfterFunc(ctx, func() { l.Close() }) //nolint:errcheck // it is only to end Accept
	defer stop()
	places := make(chan struct{}, loopAtOnce)
	var group sync.WaitGroup
	defer group.Wait()
	for {
		conn, err := l.Accept()
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("take messages from other nodes: %w", err)
		}
		select {
		case places <- struct{}{}:
		case <-ctx.Done():
			conn.Close() //nolint:errcheck // nothing was said
			return nil
		}
		group.Go(func() {
			defer func() { <-places }()
			defer conn.Close() //nolint:errcheck // all was said
			stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
			defer stop()
			if err := s.answer(ctx, conn, r); err != nil {
				log.Info("a connection from another node failed", "err", err)
			}
		})
	}
}

// answer serves one connection.
func (s Socket) answer(ctx context.Context, conn net.Conn, r Receiver) error {
	// Who says nothing has a place that others wait for.
	if err := conn.SetDeadline(time.Now().Add(loopSilence)); err != nil {
		return err
	}
	var caller loopHello
	if err := readFrame(conn, &caller); err != nil {
		return err
	}
	callee := loopHello{Node: s.key(), Nonce: random()}
	callee.Proof = ed25519.Sign(s.Node, loopStatement(1, caller, callee))
	if err := writeFrame(conn, callee); err != nil {
		return err
	}
	var in loopMessage
	if err := readFrame(conn, &in); err != nil {
		return err
	}
	if !proves(caller.Node, loopStatement(0, caller, callee), in.Proof) {
		return errors.New("the caller is not the node that it says it is")
	}
	if err := conn.SetDeadline(time.Now().Add(loopTime)); err != nil {
		return err
	}
	var answer loopAnswer
	if len(in.Message.Signature) != ed25519.SignatureSize {
		answer = loopAnswer{Code: BadSeal, Message: "the signature does not have 64 bytes"}
	} else {
		m := Sealed{From: in.Message.From, To: in.Message.To, ID: in.Message.ID, Body: in.Message.Body}
		copy(m.Signature[:], in.Message.Signature)
		err := r.Receive(ctx, caller.Node, m)
		var refused *Error
		switch {
		case errors.As(err, &refused):
			answer = loopAnswer{Code: refused.Code, Message: refused.Message, Hint: refused.Hint}
		case err != nil:
			return errors.Join(errors.New("the message could not be kept"), err) // the caller tries again
		}
	}
	return writeFrame(conn, answer)
}

func writeFrame(w io.Writer, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if len(b) > loopFrame {
		return fmt.Errorf("a frame of %d bytes; it may have %d", len(b), loopFrame)
	}
	_, err = w.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(b))), b...))
	return err
}

func readFrame(r io.Reader, v any) error {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return err
	}
	n := binary.BigEndian.Uint32(head[:])
	if n > loopFrame {
		return fmt.Errorf("a frame of %d bytes; it may have %d", n, loopFrame)
	}
	b := make([]byte, n)
	if _, err := io.ReadFull(r, b); err != nil {
		return err
	}
	return json.Unmarshal(b, v)
}
