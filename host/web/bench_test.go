package web

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"qvat/host/mail"
)

// BenchmarkInbox serves the newest page of a mailbox of 100,000 messages, and a
// message of it. The bar is 100 ms.
func BenchmarkInbox(b *testing.B) {
	const messages, senders = 100_000, 50
	h := newHouse(b)
	var sending sync.WaitGroup
	for i := range senders {
		a := h.agent(fmt.Sprintf("sender-%d", i))
		for range 2 {
			sending.Go(func() {
				for n := range messages / senders / 2 {
					if _, err := a.Send(b.Context(), "HOST", []string{fmt.Sprintf("message %d, with a line of text", n)}, nil, nil); err != nil {
						b.Error(err)
						return
					}
				}
			})
		}
	}
	sending.Wait()
	last, err := h.agent("self").Messages(b.Context(), mail.MessageQuery{Newest: true, Limit: 1})
	must(b, err)
	if len(last) != 1 || last[0].Number < messages {
		b.Fatalf("the mailbox is not full: %+v", last)
	}
	v := h.in()
	for _, path := range []string{"/app/agent/self/", "/app/agent/self/?before=50000", "/app/agent/self/?state=dismissed", "/app/agent/self/message/99999", "/app/agent/self/log", "/app/"} {
		b.Run(path, func(b *testing.B) {
			for b.Loop() {
				r := v.request(http.MethodGet, path, nil)
				for _, c := range v.http.Jar.Cookies(r.URL) {
					r.AddCookie(c)
				}
				r.RemoteAddr = "127.0.0.1:1"
				w := httptest.NewRecorder()
				if h.page.ServeHTTP(w, r); w.Code != http.StatusOK {
					b.Fatalf("%d %s", w.Code, w.Body)
				}
			}
		})
	}
}
