package control

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// Socket is the name of the socket in a vat's base directory.
const Socket = "control.sock"

// ErrInUse is wrapped by the error of [Listen] where another process answers
// at the socket.
var ErrInUse = errors.New("another process answers at this socket")

// longestPath is how long the path of a Unix socket may be in bytes, on the
// system that allows least of those that qvat runs on (sockaddr_un of the BSDs
// and macOS has 104 with the closing zero, Linux 108).
const longestPath = 103

// connections is how many connections are open at once; more wait.
const connections = 256

// Listener takes connections at a vat's socket from its owner alone.
type Listener struct {
	unix *net.UnixListener
	path string
	log  *slog.Logger
	room chan struct{} // holds as much as there are open connections

	once sync.Once
	done chan struct{}
}

// Listen makes the socket of the vat in dir, with mode 0600. A socket at which
// nobody answers any more is replaced; one at which somebody does is an error
// that wraps ErrInUse, and a file that is no socket is left alone, which is an
// error too. log gets a line for each caller that was turned away; nil discards
// them. Close the listener to remove the socket.
func Listen(ctx context.Context, dir string, log *slog.Logger) (*Listener, error) {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	path := filepath.Join(dir, Socket)
	if err := removeStale(ctx, dir, path); err != nil {
		return nil, err
	}
	var l *net.UnixListener
	err := reachable(dir, func(at string) (err error) {
		l, err = net.ListenUnix("unix", &net.UnixAddr{Name: at, Net: "unix"})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, cause(err))
	}
	// It would remove the path that it was bound by, which may be a short one
	// that is gone.
	l.SetUnlinkOnClose(false)
	// Whoever connects before this is still asked who they are.
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(err, l.Close(), os.Remove(path))
	}
	return &Listener{
		unix: l, path: path, log: log, room: make(chan struct{}, connections), done: make(chan struct{}),
	}, nil
}

// removeStale removes a socket that a process has left behind which did not
// end as it should.
func removeStale(ctx context.Context, dir, path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.Mode().Type() != fs.ModeSocket:
		return fmt.Errorf("%s is there and no socket: move it away", path)
	}
	c, err := dial(ctx, dir)
	switch {
	case err == nil:
		return errors.Join(fmt.Errorf("%s: %w", path, ErrInUse), c.Close())
	case errors.Is(err, syscall.ECONNREFUSED):
		return os.Remove(path)
	}
	return fmt.Errorf("%s: %w", path, cause(err))
}

// Accept waits for the next connection by the vat's owner or root; others are
// closed without a word.
func (l *Listener) Accept() (net.Conn, error) {
	for {
		select {
		case l.room <- struct{}{}:
		case <-l.done:
			return nil, net.ErrClosed
		}
		c, err := l.unix.AcceptUnix()
		if err != nil {
			<-l.room
			return nil, err
		}
		uid, known, err := peerUID(c)
		if trusted(os.Geteuid(), uid, known, err) {
			return &conn{Conn: c, leave: sync.OnceFunc(func() { <-l.room })}, nil
		}
		l.log.Warn("turned away a caller at the control socket", "uid", uid, "err", err)
		<-l.room
		_ = c.Close() // nothing was read or written
	}
}

// trusted tells whether the user uid may act for own; known tells that the
// system says who connects, and err that it failed to.
func trusted(own, uid int, known bool, err error) bool {
	return err == nil && (!known || uid == own || uid == 0)
}

// Close takes no more connections, and removes the socket.
func (l *Listener) Close() (err error) {
	l.once.Do(func() {
		close(l.done)
		err = l.unix.Close()
		if gone := os.Remove(l.path); gone != nil && !errors.Is(gone, fs.ErrNotExist) {
			err = errors.Join(err, gone)
		}
	})
	return err
}

// Addr is net.Listener's.
func (l *Listener) Addr() net.Addr { return &net.UnixAddr{Name: l.path, Net: "unix"} }

// conn makes room for another when it is closed.
type conn struct {
	net.Conn
	leave func()
}

func (c *conn) Close() error {
	c.leave()
	return c.Conn.Close()
}

// dial connects to the socket in dir.
func dial(ctx context.Context, dir string) (c net.Conn, err error) {
	err = reachable(dir, func(at string) (err error) {
		d := net.Dialer{Timeout: 5 * time.Second}
		c, err = d.DialContext(ctx, "unix", at)
		return err
	})
	return c, err
}

// reachable calls use with a path of the socket in dir that is short enough
// for one: where the path itself is not, through a link that lives as long as
// use runs.
func reachable(dir string, use func(path string) error) (err error) {
	path := filepath.Join(dir, Socket)
	if len(path) <= longestPath {
		return use(path)
	}
	whole, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	at, err := os.MkdirTemp("", "qvat-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(at)) }()
	link := filepath.Join(at, "v")
	if path = filepath.Join(link, Socket); len(path) > longestPath {
		return fmt.Errorf("the path is longer than the %d bytes that a socket's may have, and so is %s: give the vat a shorter one, or set TMPDIR to one", longestPath, path)
	}
	if err := os.Symlink(whole, link); err != nil {
		return err
	}
	return use(path)
}

// cause is an error without the path by which the socket was reached, which
// may be one that is gone.
func cause(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Err
	}
	return err
}
