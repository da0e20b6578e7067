package host

import (
	"context"
	"log/slog"

	"qvat/chains"
	"qvat/runtime"
)

// console is what a message's programs wrote to their consoles. It is held back
// until the message has ended, so that one that is run again does not say
// everything twice, and the log can tell what became of it.
type console struct {
	held []runtime.LogLine
}

func (c *console) add(l runtime.LogLine) { c.held = append(c.held, l) }

// flush writes the lines, each with the message's id and, where it failed, the
// code of its failure.
func (c *console) flush(log *slog.Logger, id chains.Hash, outcome string) {
	for _, l := range c.held {
		attrs := []slog.Attr{slog.String("message", id.String()), slog.String("program", l.Program)}
		if outcome != "" {
			attrs = append(attrs, slog.String("outcome", outcome))
		}
		log.LogAttrs(context.Background(), levelOf(l.Level), l.Text, attrs...)
	}
	c.held = nil
}

func levelOf(name string) slog.Level {
	switch name {
	case "warn":
		return slog.LevelWarn
	case "error":
		return slog.LevelError
	}
	return slog.LevelInfo
}
