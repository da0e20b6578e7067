package wire_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"qvat/chains"
	"qvat/host/caps"
	"qvat/host/mail"
	"qvat/host/mail/letter"
	"qvat/host/mail/mailtest"
)

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
	loopAtOnce  = 64 // connections that are served at once
	socketAt    = "unix:"
)

type loopHello struct {
	Node  caps.Key    `json:"node"`
	Nonce caps.Number `json:"nonce"`
	Proof []byte      `json:"proof,omitempty"`
}

type loopMessage struct {
	Proof   []byte `json:"proof"`
	Message struct {
		From      caps.ID     `json:"from"`
		To        caps.ID     `json:"to"`
		ID        caps.Number `json:"id"`
		Body      []byte      `json:"body"`
		Signature []byte      `json:"signature"`
	} `json:"message"`
}

type loopAnswer struct {
	Code    caps.Code `json:"code,omitempty"`
	Message string    `json:"message,omitempty"`
	Hint    string    `json:"hint,omitempty"`
}

// loopStatement is what a role signs.
func loopStatement(role byte, caller, callee loopHello) []byte {
	b := append([]byte(loopContext), role)
	b = append(b, caller.Node[:]...)
	b = append(b, callee.Node[:]...)
	b = append(b, caller.Nonce[:]...)
	return append(b, callee.Nonce[:]...)
}

func proves(node caps.Key, statement, proof []byte) bool {
	key, err := chains.ParsePublicKey(node[:])
	return err == nil && key.Verify(statement, proof)
}

// socket is the network over Unix sockets, between vats on one machine. An
// address of a node is "unix:" and the path of its socket.
type socket struct {
	Node    ed25519.PrivateKey
	Silence time.Duration // a caller may take so long to say its message; 0 is for ever
}

func (s socket) key() caps.Key { return caps.Key(s.Node.Public().(ed25519.PublicKey)) }

// Deliver is [Network]'s: it tries the addresses in turn.
func (s socket) Deliver(ctx context.Context, node caps.Key, at []string, m letter.Sealed) error {
	last := error(caps.Refuse(caps.Elsewhere, "no address of the node is known"))
	for _, address := range at {
		path, ok := strings.CutPrefix(address, socketAt)
		if !ok {
			continue
		}
		err := s.deliverTo(ctx, node, path, m)
		var refused *caps.Error
		if err == nil || errors.As(err, &refused) {
			return err
		}
		last = err
	}
	return last
}

func (s socket) deliverTo(ctx context.Context, node caps.Key, path string, m letter.Sealed) (err error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", path)
	if err != nil {
		return fmt.Errorf("reach the node: %w", err)
	}
	defer conn.Close() //nolint:errcheck // all was said
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	caller := loopHello{Node: s.key(), Nonce: nonce()}
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
		return &caps.Error{Code: answer.Code, Message: answer.Message, Hint: answer.Hint}
	}
	return nil
}

// Serve takes messages from a listener for a vat, until ctx ends or the
// listener fails. It closes the listener.
func (s socket) Serve(ctx context.Context, l net.Listener, v *vat) error {
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
			s.answer(ctx, conn, v) //nolint:errcheck // the caller sees that it has failed
		})
	}
}

// answer serves one connection.
func (s socket) answer(ctx context.Context, conn net.Conn, v *vat) error {
	// Who says nothing has a place that others wait for.
	if s.Silence > 0 {
		if err := conn.SetDeadline(time.Now().Add(s.Silence)); err != nil {
			return err
		}
	}
	var caller loopHello
	if err := readFrame(conn, &caller); err != nil {
		return err
	}
	callee := loopHello{Node: s.key(), Nonce: nonce()}
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
	if err := conn.SetDeadline(time.Time{}); err != nil {
		return err
	}
	var answer loopAnswer
	if len(in.Message.Signature) != ed25519.SignatureSize {
		answer = loopAnswer{Code: caps.BadSeal, Message: "the signature does not have 64 bytes"}
	} else {
		m := letter.Sealed{From: in.Message.From, To: in.Message.To, ID: in.Message.ID, Body: in.Message.Body}
		copy(m.Signature[:], in.Message.Signature)
		err := v.Receive(ctx, caller.Node, m)
		var refused *caps.Error
		switch {
		case errors.As(err, &refused):
			answer = loopAnswer{Code: refused.Code, Message: refused.Message, Hint: refused.Hint}
		case err != nil:
			return errors.Join(errors.New("the message could not be kept"), err) // the caller tries again
		}
	}
	return writeFrame(conn, answer)
}

func nonce() (n caps.Number) {
	rand.Read(n[:]) //nolint:errcheck // it never fails
	return n
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

func TestSocket(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	start := func(word string) *vat {
		at := filepath.Join(dir, word)
		s := socket{Node: mailtest.Node(word)}
		v := mailtest.New(t, mail.Options{Node: mailtest.Node(word), At: []string{"unix:" + at}}, s)
		l, err := net.Listen("unix", at)
		v.OK(err)
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error)
		go func() { done <- s.Serve(ctx, l, v) }()
		t.Cleanup(func() {
			cancel()
			v.OK(<-done)
		})
		return v
	}
	here, there := start("here"), start("there")
	befriend(t, here, there)
	befriend(t, there, here)
	defer here.Run()()
	a, b := here.Named("self"), there.Named("self")
	for range 20 {
		here.Say(a, "friend", "over a socket")
	}
	here.Until(func() bool { return len(there.Inbox(b)) == 20 })

	// Whoever answers at an address must be the node.
	m := there.Inbox(b)[0].Sealed
	err := socket{Node: mailtest.Node("here")}.Deliver(t.Context(), mailtest.Public("else"), []string{"unix:" + filepath.Join(dir, "there")}, m)
	if err == nil || code(err) != "" {
		t.Errorf("another node at the address: %v", err)
	}
	// Whoever brings a message must be its node.
	err = socket{Node: mailtest.Node("else")}.Deliver(t.Context(), there.Node(), []string{"unix:" + filepath.Join(dir, "there")}, m)
	there.Fails(err, caps.BadSeal)
	err = socket{Node: mailtest.Node("here")}.Deliver(t.Context(), there.Node(), []string{"unix:" + filepath.Join(dir, "there")}, m)
	there.Fails(err, caps.Replayed)
	if there.Refusals()[caps.BadSeal] != 1 || there.Refusals()[caps.Replayed] != 1 {
		t.Errorf("refusals are %v", there.Refusals())
	}
}

// TestSocketGarbage sends what is no frame, or too large.
func TestSocketGarbage(t *testing.T) {
	t.Parallel()
	at := filepath.Join(t.TempDir(), "s")
	v := newVat(t, mail.Options{Node: mailtest.Node("here")})
	l, err := net.Listen("unix", at)
	v.OK(err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- socket{Node: mailtest.Node("here")}.Serve(ctx, l, v) }()
	for _, bytes := range []string{"", "\x00", "\xff\xff\xff\xff", "\x00\x00\x00\x02{}", "\x00\x00\x00\x02[]", "\x00\x10\x00\x01x"} {
		c, err := net.Dial("unix", at)
		v.OK(err)
		_, err = c.Write([]byte(bytes))
		v.OK(err)
		v.OK(c.(*net.UnixConn).CloseWrite())
		buffer := make([]byte, 1024)
		for err == nil {
			_, err = c.Read(buffer)
		}
		v.OK(c.Close())
	}
	cancel()
	v.OK(<-done)
}

// TestSilentConnections: who says nothing keeps out nobody else for long, nor
// keeps the network from ending.
func TestSilentConnections(t *testing.T) {
	t.Parallel()
	at := filepath.Join(t.TempDir(), "s")
	v := newVat(t, mail.Options{Node: mailtest.Node("there")})
	l, err := net.Listen("unix", at)
	v.OK(err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- socket{Node: mailtest.Node("there"), Silence: 50 * time.Millisecond}.Serve(ctx, l, v) }()
	silence := func() {
		for range 100 {
			c, err := net.Dial("unix", at)
			v.OK(err)
			t.Cleanup(func() { c.Close() }) //nolint:errcheck // nothing was said
		}
	}
	silence()
	key, from := mailtest.Node("agent"), caps.ID{Number: mailtest.Public("agent"), Node: mailtest.Public("here")}
	to := must(v.Named("self").Identify(t.Context(), "SELF"))(t)
	m := mailtest.HandSealed(key, from, to, [32]byte{1}, []byte(mailtest.PlainBody))
	for {
		// On a slow machine this one may be taken for silent as well.
		err := socket{Node: mailtest.Node("here")}.Deliver(t.Context(), mailtest.Public("there"), []string{"unix:" + at}, m)
		if err == nil || code(err) == caps.Replayed {
			break
		}
	}
	silence()
	cancel()
	v.OK(<-done)
}
