package main

import (
	"context"
	"errors"
	"log/slog"
	"syscall"

	"qvat/host"
	"qvat/host/store"
	"qvat/runtime"
)

// This file is all that the command line needs of the vat itself.

// makeVat makes a vat in dir.
func makeVat(dir, listen string) error {
	return host.Init(dir, host.InitOptions{Listen: listen})
}

// serveVat serves the vat in dir until ctx ends, and stops within 2 s then.
// listening is told the URL, once requests are taken there, and login before it a
// link to the vat's page, if it has one.
func serveVat(ctx context.Context, dir, listen string, log *slog.Logger, login, listening func(url string)) error {
	return host.Run(ctx, host.RunOptions{Dir: dir, Listen: listen, Logger: log, Login: login, Listening: listening})
}

// serveHint says what can be done about an error of serveVat; "" if that is
// not known.
func serveHint(err error) string {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return "stop what listens there already, or give another address with --listen"
	case errors.Is(err, store.ErrInUse):
		return "another 'qvat run' serves this vat: stop that one first"
	}
	return ""
}

// engineVersions names what programs run in.
func engineVersions() map[string]string { return runtime.Versions() }
