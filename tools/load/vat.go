package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"qvat/chains"
)

// vat is a vat in a process of its own.
type vat struct {
	dir    string
	cmd    *exec.Cmd
	url    string
	root   ed25519.PrivateKey
	client *http.Client
}

func startVat(ctx context.Context, qvat string) (*vat, error) {
	dir, err := os.MkdirTemp("", "qvat-load-")
	if err != nil {
		return nil, err
	}
	v := &vat{dir: filepath.Join(dir, "vat"), client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 256}}}
	if out, err := exec.CommandContext(ctx, qvat, "init", v.dir).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("qvat init: %w\n%s", err, out)
	}
	if v.root, err = readKey(filepath.Join(v.dir, "keys", "root.key")); err != nil {
		return nil, err
	}
	v.cmd = exec.CommandContext(ctx, qvat, "run", v.dir, "--listen", "127.0.0.1:0")
	v.cmd.Stderr = os.Stderr
	stdout, err := v.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := v.cmd.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("qvat run said nothing: %w", err)
	}
	v.url = strings.TrimSpace(strings.TrimPrefix(line, "listening on "))
	return v, nil
}

func readKey(path string) (ed25519.PrivateKey, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("%s holds no PEM", path)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	private, ok := key.(ed25519.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("%s is not an Ed25519 key", path)
	}
	return private, nil
}

// stop ends the process and removes the directory.
func (v *vat) stop() error {
	err := v.cmd.Process.Signal(syscall.SIGTERM)
	return errors.Join(err, v.cmd.Wait(), os.RemoveAll(filepath.Dir(v.dir)))
}

// warm makes the programs of a kind known to the vat.
func (v *vat) warm(ctx context.Context, k kind) error {
	c, programs, err := v.prefix()
	if err != nil {
		return err
	}
	if k.known {
		p, err := addLink(&c, k.carol, signer("carol"))
		if err != nil {
			return err
		}
		programs = append(programs, p)
	}
	body, err := chains.Capsule{Chain: c, Programs: programs}.Encode()
	if err != nil {
		return err
	}
	return v.post(ctx, body)
}

func (v *vat) post(ctx context.Context, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, v.url+"/v1/invoke", bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/vnd.qvat.capsule")
	res, err := v.client.Do(req)
	if err != nil {
		return err
	}
	text, err := io.ReadAll(res.Body)
	if err := errors.Join(err, res.Body.Close()); err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", res.Status, text)
	}
	return nil
}

// send posts the messages over a number of connections, and gives the time in
// all and that of each.
func (v *vat) send(ctx context.Context, messages [][]byte, clients int) (time.Duration, []time.Duration, error) {
	conns := make([]*conn, clients)
	for i := range conns {
		c, err := dial(ctx, strings.TrimPrefix(v.url, "http://"))
		if err != nil {
			return 0, nil, err
		}
		defer c.Close() //nolint:errcheck // all it carried has been answered
		conns[i] = c
	}
	each := make([]time.Duration, len(messages))
	errs := make([]error, clients)
	var next atomic.Int64
	var group sync.WaitGroup
	start := time.Now()
	for i, c := range conns {
		group.Go(func() {
			for {
				n := int(next.Add(1)) - 1
				if n >= len(messages) {
					return
				}
				sent := time.Now()
				if errs[i] = c.post(messages[n]); errs[i] != nil {
					return
				}
				each[n] = time.Since(sent)
			}
		})
	}
	group.Wait()
	return time.Since(start), each, errors.Join(errs...)
}
