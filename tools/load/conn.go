package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
)

// conn is a connection that posts messages one after another. It speaks just
// enough HTTP/1.1 for that: the sender shares the machine with the vat that is
// measured, and should cost as little as the other end of a wire would.
type conn struct {
	net.Conn
	r    *bufio.Reader
	host string
	out  bytes.Buffer
}

func dial(ctx context.Context, address string) (*conn, error) {
	c, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	return &conn{Conn: c, r: bufio.NewReader(c), host: address}, nil
}

// post sends a capsule and reads the answer, which must be 200.
func (c *conn) post(capsule []byte) error {
	c.out.Reset()
	c.out.WriteString("POST /v1/invoke HTTP/1.1\r\nHost: ")
	c.out.WriteString(c.host)
	c.out.WriteString("\r\nContent-Type: application/vnd.qvat.capsule\r\nContent-Length: ")
	c.out.WriteString(strconv.Itoa(len(capsule)))
	c.out.WriteString("\r\n\r\n")
	c.out.Write(capsule)
	if _, err := c.Write(c.out.Bytes()); err != nil {
		return err
	}
	status, err := c.r.ReadString('\n')
	if err != nil {
		return err
	}
	length := -1
	for {
		line, err := c.r.ReadString('\n')
		if err != nil {
			return err
		}
		line = strings.TrimRight(line, "\r\n")
		if line == "" {
			break
		}
		if name, value, _ := strings.Cut(line, ":"); strings.EqualFold(name, "Content-Length") {
			if length, err = strconv.Atoi(strings.TrimSpace(value)); err != nil {
				return err
			}
		}
	}
	if length < 0 || length > 1<<20 {
		return fmt.Errorf("an answer of %d bytes", length)
	}
	body := make([]byte, length)
	if _, err := io.ReadFull(c.r, body); err != nil {
		return err
	}
	if !strings.Contains(status, " 200 ") {
		return fmt.Errorf("%s: %s", strings.TrimSpace(status), body)
	}
	return nil
}
