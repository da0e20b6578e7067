package api

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"qvat/chains"
	"qvat/chains/chaintest"
	"qvat/host/fault"
)

// fakeVat keeps programs in memory and answers a message with its input. The
// functions, where set, answer instead.
type fakeVat struct {
	invoke func(ctx context.Context, peer string, c chains.Capsule) (Answer, error)
	ready  func(ctx context.Context) error
	put    func(peer string, p chains.Program) (bool, error)

	capsuleBytes int64 // the limit that Info tells

	mu       sync.Mutex
	programs map[chains.Hash]chains.Program
	peers    map[string]bool
	asked    int // questions for missing programs
	invoked  int
}

func (v *fakeVat) see(peer string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.peers == nil {
		v.peers = map[string]bool{}
	}
	v.peers[peer] = true
}

func (v *fakeVat) Info() Info {
	root := chaintest.Public(chaintest.Root).String()
	return Info{
		Name: "fake", RootKey: root, NodeKey: root, Version: "1",
		Limits: map[string]int64{chains.CapsuleBytes: v.capsuleBytes}, Engine: map[string]string{"quickjs": "0"},
	}
}

func (v *fakeVat) Missing(_ context.Context, peer string, hashes []chains.Hash) ([]chains.Hash, error) {
	v.see(peer)
	v.mu.Lock()
	defer v.mu.Unlock()
	v.asked++
	return v.lacks(hashes), nil
}

func (v *fakeVat) lacks(hashes []chains.Hash) []chains.Hash {
	var out []chains.Hash
	for _, h := range hashes {
		if _, ok := v.programs[h]; !ok {
			out = append(out, h)
		}
	}
	return out
}

func (v *fakeVat) PutProgram(_ context.Context, peer string, h chains.Hash, p chains.Program) (bool, error) {
	v.see(peer)
	if v.put != nil {
		return v.put(peer, p)
	}
	return v.keep(p), nil
}

func (v *fakeVat) keep(p chains.Program) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if _, had := v.programs[p.Hash()]; had {
		return false
	}
	if v.programs == nil {
		v.programs = map[chains.Hash]chains.Program{}
	}
	v.programs[p.Hash()] = p
	return true
}

func (v *fakeVat) Invoke(ctx context.Context, peer string, c chains.Capsule) (Answer, error) {
	v.see(peer)
	v.mu.Lock()
	v.invoked++
	v.mu.Unlock()
	if v.invoke != nil {
		return v.invoke(ctx, peer, c)
	}
	a := Answer{Message: MessageInfo{ID: c.ID().String(), Fuel: 1, Memory: 2, Micros: 3}}
	if len(c.Input) > 0 {
		a.Result = json.RawMessage(c.Input)
	}
	return a, nil
}

func (v *fakeVat) Ready(ctx context.Context) error {
	if v.ready != nil {
		return v.ready(ctx)
	}
	return nil
}

// running is a server, and how it is reached.
type running struct {
	t       *testing.T
	server  *Server
	addr    string
	url     string
	connect func() (net.Conn, error)
	http    http.RoundTripper
	log     *syncBuffer
	stop    context.CancelFunc
	ended   chan error
}

// run serves on a real socket until the test ends, or until stop. Since a
// connection that is closed early lingers a little, the test runs beside others
// from here on.
func run(t *testing.T, o Options) *running {
	t.Helper()
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return serve(t, o, l, http.DefaultTransport, func() (net.Conn, error) { return net.Dial("tcp", l.Addr().String()) })
}

// serve serves on a listener that connect reaches, until the test ends.
func serve(t *testing.T, o Options, l net.Listener, transport http.RoundTripper, connect func() (net.Conn, error)) *running {
	t.Helper()
	logged := &syncBuffer{}
	if o.Logger == nil {
		o.Logger = slog.New(slog.NewTextHandler(logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	if o.Vat == nil {
		o.Vat = &fakeVat{}
	}
	ctx, cancel := context.WithCancel(context.Background())
	r := &running{
		t: t, server: New(o), addr: l.Addr().String(), url: "http://" + l.Addr().String(), connect: connect, http: transport,
		log: logged, stop: cancel, ended: make(chan error, 1),
	}
	go func() { r.ended <- r.server.Serve(ctx, l) }()
	t.Cleanup(func() { r.finish() })
	return r
}

// finish stops the server and waits for it.
func (r *running) finish() {
	r.t.Helper()
	r.stop()
	err := <-r.ended
	if err != nil {
		r.t.Errorf("Serve: %v", err)
	}
	r.ended <- nil
}

// reply is an answer, read whole.
type reply struct {
	status int
	header http.Header
	body   []byte
	closes bool // the connection after it
}

// send asks once. It may be called from any goroutine: what fails is an error
// of the test, and the zero reply.
func (r *running) send(method, path, kind string, body io.Reader, headers ...string) reply {
	r.t.Helper()
	q, err := http.NewRequest(method, r.url+path, body)
	if err != nil {
		r.t.Error(err)
		return reply{}
	}
	if kind != "" {
		q.Header.Set("Content-Type", kind)
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			q.Host = headers[i+1]
			continue
		}
		q.Header.Set(headers[i], headers[i+1])
	}
	a, err := r.http.RoundTrip(q)
	if err != nil {
		r.t.Error(err)
		return reply{}
	}
	defer a.Body.Close()
	b, err := io.ReadAll(a.Body)
	if err != nil {
		r.t.Error(err)
		return reply{}
	}
	return reply{a.StatusCode, a.Header, b, a.Close}
}

func (r *running) post(path, kind string, body []byte) reply {
	r.t.Helper()
	return r.send("POST", path, kind, bytes.NewReader(body))
}

// fault reads the error of a reply, which must have the status and code.
func (a reply) fault(t *testing.T, status int, code fault.Code) *fault.Error {
	t.Helper()
	var e struct{ Error *fault.Error }
	if err := json.Unmarshal(a.body, &e); err != nil || e.Error == nil {
		t.Fatalf("status %d, body %q: no error (%v)", a.status, a.body, err)
	}
	if a.status != status || e.Error.Code != code {
		t.Fatalf("got %d %s %q, want %d %s", a.status, e.Error.Code, e.Error.Message, status, code)
	}
	if kind := a.header.Get("Content-Type"); kind != jsonType {
		t.Errorf("an error of type %q", kind)
	}
	return e.Error
}

// ok checks that a reply is a 200 with this body.
func (a reply) ok(t *testing.T, want string) {
	t.Helper()
	if a.status != 200 || string(a.body) != want+"\n" {
		t.Fatalf("got %d %q, want 200 %q", a.status, a.body, want)
	}
}

// dial opens a connection that speaks what the test writes.
func (r *running) dial() *rawConn {
	r.t.Helper()
	c, err := r.connect()
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { c.Close() })
	return &rawConn{Conn: c, t: r.t, r: bufio.NewReader(c)}
}

type rawConn struct {
	net.Conn
	t *testing.T
	r *bufio.Reader
}

func (c *rawConn) say(format string, args ...any) {
	c.t.Helper()
	if _, err := fmt.Fprintf(c, format, args...); err != nil {
		c.t.Fatal(err)
	}
}

// hear reads one answer.
func (c *rawConn) hear() reply {
	c.t.Helper()
	a, err := http.ReadResponse(c.r, nil)
	if err != nil {
		c.t.Fatalf("no answer: %v", err)
	}
	b, err := io.ReadAll(a.Body)
	if err != nil {
		c.t.Fatalf("half an answer: %v", err)
	}
	return reply{a.StatusCode, a.Header, b, a.Close}
}

// dropped waits for the server to close the connection, which must be without
// an answer.
func (c *rawConn) dropped() {
	c.t.Helper()
	// That the server resets the connection is as good.
	if b, _ := io.ReadAll(c.r); len(b) > 0 {
		c.t.Fatalf("dropped with %q", b)
	}
}

// syncBuffer is a log that a test reads while others write.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// message is a capsule of one program that root signed, with an input.
func message(input string, programs ...chains.Program) chains.Capsule {
	return chains.Capsule{Chain: chaintest.Parse("root").Chain, Programs: programs, Input: []byte(input)}
}

func encoded(t rapid.TB, c chains.Capsule) []byte {
	t.Helper()
	b, err := c.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func program(t rapid.TB, text string) chains.Program {
	t.Helper()
	p, err := chains.NewProgram([]byte(text), 0)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// eventually waits for what another goroutine is about to do.
func eventually(so func() bool) {
	for !so() {
		time.Sleep(time.Millisecond)
	}
}

func spaces(n int) string { return strings.Repeat(" ", n) }

// count says how many messages the vat was given.
func (v *fakeVat) count() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.invoked
}

// connections says how many are open.
func (t *peers) connections() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := 0
	for _, p := range t.of {
		n += p.connections
	}
	return n
}
