package api

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"qvat/host/fault"
)

func TestKeepAlive(t *testing.T) {
	r := run(t, Options{})
	c := r.dial()
	body := encoded(t, message(`1`))
	for range 3 {
		c.say("POST /v1/invoke HTTP/1.1\r\nHost: localhost\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", CapsuleType, len(body), body)
		if a := c.hear(); a.status != 200 {
			t.Fatalf("%d %s", a.status, a.body)
		}
		// A small body that nobody wanted does not end the connection either.
		c.say("POST /v1/nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc")
		c.hear().fault(t, 404, fault.Malformed)
	}
}

func TestChunkedBody(t *testing.T) {
	r := run(t, Options{})
	// A reader of no known length is sent in chunks.
	body := io.MultiReader(bytes.NewReader(encoded(t, message(`"chunked"`))))
	a := r.send("POST", "/v1/invoke", CapsuleType, body)
	if a.status != 200 || !bytes.Contains(a.body, []byte(`"result":"chunked"`)) {
		t.Fatalf("%d %s", a.status, a.body)
	}
}

func TestNotHTTP(t *testing.T) {
	r := run(t, Options{})
	for _, text := range []string{
		"\x16\x03\x01\x02\x00 hello TLS\r\n\r\n",
		"GET / HTTP/1.1\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: gzip\r\n\r\n",
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
	} {
		c := r.dial()
		c.say("%s", text)
		a := c.hear()
		if a.status < 400 || len(a.body) > 200 || bytes.Contains(a.body, []byte("goroutine")) {
			t.Errorf("%q: %d %q", text, a.status, a.body)
		}
	}
	r.send("GET", "/healthz", "", nil).ok(t, `{"status":"ok"}`)
}

func TestExpectContinue(t *testing.T) {
	r := run(t, Options{})
	body := encoded(t, message(`1`))
	c := r.dial()
	c.say("POST /v1/invoke HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n", CapsuleType, len(body))
	line, err := c.r.ReadString('\n')
	if err != nil || !strings.HasPrefix(line, "HTTP/1.1 100") {
		t.Fatalf("%q %v", line, err)
	}
	if line, err = c.r.ReadString('\n'); line != "\r\n" {
		t.Fatalf("%q %v", line, err)
	}
	c.say("%s", body)
	if a := c.hear(); a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.body)
	}
}
