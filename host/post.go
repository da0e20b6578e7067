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

// openPost opens the vat's agents, whose node is the vat's own key.
func (v *Vat) openPost(ctx context.Context, node ed25519.PrivateKey) (err error) {
	v.post, err = mail.Open(ctx, mail.Options{
		Store: v.store, Node: node, Now: v.embed.Now, Logger: v.log, Limits: mailLimits(v.config.Mail),
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
