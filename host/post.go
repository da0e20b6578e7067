package host

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"log/slog"
	"path/filepath"

	"qvat/host/control"
	"qvat/host/mail"
	"qvat/host/mail/wire"
)

// MailConfig bounds what agents keep and send; see mail.Limits.
type MailConfig struct {
	MailboxCount int   `toml:"mailbox_count"`
	MailboxBytes int64 `toml:"mailbox_bytes"`
	SenderCount  int   `toml:"sender_count"`
	Queued       int   `toml:"queued"`
	MessageBytes int   `toml:"message_bytes"`
	Edges        int   `toml:"edges"`
	ValueBytes   int   `toml:"value_bytes"`
	ChainBytes   int   `toml:"chain_bytes"`
	Names        int   `toml:"names"`
	Agents       int   `toml:"agents"`
	LogCount     int   `toml:"log_count"`
	NodeWakes    int   `toml:"node_wakes"`
	WakeFuel     int64 `toml:"wake_fuel"`
	Receipts     bool  `toml:"receipts"`
}

// defaultMail is what package mail has by itself, so that qvat.toml can say it.
func defaultMail() MailConfig {
	return MailConfig{
		MailboxCount: 100_000, MailboxBytes: 256 << 20, SenderCount: 10_000, Queued: 10_000,
		MessageBytes: 64 << 10, Edges: 64, ValueBytes: 256 << 10, ChainBytes: 512 << 10,
		Names: 10_000, Agents: 10_000, LogCount: 100_000, NodeWakes: 300, WakeFuel: 100_000_000,
	}
}

// positive are the settings that must be above 0, by their names.
func (c MailConfig) positive() map[string]int64 {
	return map[string]int64{
		"mail.mailbox_count": int64(c.MailboxCount), "mail.mailbox_bytes": c.MailboxBytes,
		"mail.sender_count": int64(c.SenderCount), "mail.queued": int64(c.Queued),
		"mail.message_bytes": int64(c.MessageBytes), "mail.edges": int64(c.Edges),
		"mail.value_bytes": int64(c.ValueBytes), "mail.chain_bytes": int64(c.ChainBytes),
		"mail.names": int64(c.Names), "mail.agents": int64(c.Agents),
		"mail.log_count": int64(c.LogCount), "mail.node_wakes": int64(c.NodeWakes), "mail.wake_fuel": c.WakeFuel,
	}
}

// limits is what package mail is told.
func (c MailConfig) limits() mail.Limits {
	return mail.Limits{
		MailboxCount: c.MailboxCount, MailboxBytes: c.MailboxBytes, SenderCount: c.SenderCount, Queued: c.Queued,
		MessageBytes: c.MessageBytes, Edges: c.Edges, ValueBytes: c.ValueBytes, ChainBytes: c.ChainBytes,
		Names: c.Names, Agents: c.Agents, LogCount: c.LogCount, NodeWakes: c.NodeWakes, WakeFuel: c.WakeFuel, Receipts: c.Receipts,
	}
}

// openPost opens the vat's agents, whose node is the vat's own key.
func (v *Vat) openPost(ctx context.Context, node ed25519.PrivateKey) (err error) {
	v.post, err = mail.Open(ctx, mail.Options{
		Store: v.store, Node: node, Now: v.embed.Now, Logger: v.log, Limits: v.config.Mail.limits(),
		Run: caller{v},
	})
	if err != nil {
		return fmt.Errorf("%s: %w", filepath.Join(v.dir, database), err)
	}
	return nil
}

// Post is the vat's agents.
func (v *Vat) Post() *mail.Post { return v.post }

// servePost lets the agents' mail travel, and answers the vat's owner at l,
// until ctx ends. It closes l. login makes links to the page; nil: there is none.
func (v *Vat) servePost(ctx context.Context, l *control.Listener, login func() string) {
	v.workers.Go(func() {
		if err := v.post.Serve(ctx); err != nil {
			v.log.LogAttrs(ctx, slog.LevelError, "mail has stopped", slog.Any("err", err))
		}
	})
	w := wire.New(wire.Options{Post: v.post, Now: v.embed.Now, Logger: v.log})
	v.workers.Go(func() { w.Serve(ctx) })
	o := control.Options{Post: v.post, Logger: v.log}
	if login != nil {
		o.Login = func(context.Context) (string, error) { return login(), nil }
	}
	s := control.New(o)
	v.workers.Go(func() {
		if err := s.Serve(ctx, l); err != nil {
			v.log.LogAttrs(ctx, slog.LevelError, "the control socket has stopped", slog.Any("err", err))
		}
	})
}
