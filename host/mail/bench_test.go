package mail_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"qvat/host/mail"
)

// room has limits that benchmarks do not meet.
var room = mail.Limits{MailboxCount: 1 << 30, SenderCount: 1 << 30, MailboxBytes: 1 << 50}

// BenchmarkDeliver mails within the vat, fsync included, from many agents at
// once. The bar is 5,000 messages a second on two processors.
func BenchmarkDeliver(b *testing.B) {
	for _, c := range []struct {
		name             string
		senders, handles int
		edges            bool
	}{
		{"64 senders to 64", 64, 64, false},
		{"64 senders to one", 64, 1, false},
		{"one sender to 64", 1, 64, false},
		{"64 senders to 64 with an edge", 64, 64, true},
	} {
		b.Run(c.name, func(b *testing.B) { benchDeliver(b, c.senders, c.handles, c.edges) })
	}
}

func benchDeliver(b *testing.B, senders, recipients int, edge bool) {
	v := newVat(b, mail.Options{Limits: room, Now: time.Now})
	from, to := make([]*mail.Agent, senders), make([]string, recipients)
	for i := range from {
		from[i] = v.Named(fmt.Sprint("from", i))
	}
	for i := range to {
		to[i] = must(v.Named(fmt.Sprint("to", i)).Identify(b.Context(), "SELF"))(b).String()
	}
	strings, edges, names := []string{"a message of some words, as they are sent"}, []string(nil), []string(nil)
	if edge {
		strings, edges, names = []string{"look at ", ""}, []string{"me"}, []string{"SELF"}
	}
	var n atomic.Int64
	b.SetParallelism(64) // times GOMAXPROCS: clients that wait for the disk
	b.ResetTimer()
	start := time.Now()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			i := int(n.Add(1))
			if _, err := from[i%senders].Send(b.Context(), to[i%recipients], strings, edges, names); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/time.Since(start).Seconds(), "messages/s")
	st := v.S.Stats()
	b.ReportMetric(float64(st.Conflicts)/float64(b.N), "conflicts/message")
	b.ReportMetric(float64(st.Commits)/float64(max(st.Writes, 1)), "commits/fsync")
}

// BenchmarkNewestPage reads the newest page of a mailbox of 100,000 messages. The
// bar is 20 ms.
func BenchmarkNewestPage(b *testing.B) {
	v := newVat(b, mail.Options{Limits: room})
	self, bob := v.Named("self"), v.Named("bob")
	fill(b, self, 100_000)
	for _, reopened := range []bool{false, true} {
		b.Run(fmt.Sprintf("reopened=%v", reopened), func(b *testing.B) {
			if reopened {
				v.Reopen()
				bob = v.Named("bob")
			}
			b.ResetTimer()
			for b.Loop() {
				list := must(bob.Messages(b.Context(), mail.MessageQuery{Newest: true}))(b)
				if len(list) != 100 || list[99].Number != 100_000 {
					b.Fatalf("there are %d messages", len(list))
				}
			}
		})
	}
}

// fill sends bob n messages.
func fill(b *testing.B, from *mail.Agent, n int) {
	b.Helper()
	var left atomic.Int64
	left.Store(int64(n))
	done := make(chan error)
	for range 64 {
		go func() {
			var err error
			for err == nil && left.Add(-1) >= 0 {
				_, err = from.Send(b.Context(), "bob", []string{"a message of some words, as they are sent"}, nil, nil)
			}
			done <- err
		}()
	}
	for range 64 {
		if err := <-done; err != nil {
			b.Fatal(err)
		}
	}
}
