package host

import (
	"context"
	"log/slog"

	"qvat/chains"
	"qvat/host/powers"
	"qvat/runtime"
)

// runLog is what one attempt wrote: to its programs' consoles and to qvat:log. It is
// held back until the invocation has ended, so that one that is run again does not
// say everything twice, and the log can tell what became of it.
type runLog struct {
	console []runtime.LogLine
	lines   powers.Lines
}

func (l *runLog) addConsole(n runtime.LogLine) { l.console = append(l.console, n) }

// emit writes the lines to the log, each with the invocation's id and, where it
// failed, the code of its failure. It leaves l as it is.
func (l runLog) emit(log *slog.Logger, id chains.Hash, outcome string) error {
	for _, n := range l.console {
		attrs := []slog.Attr{slog.String("message", id.String()), slog.String("program", n.Program)}
		if outcome != "" {
			attrs = append(attrs, slog.String("outcome", outcome))
		}
		log.LogAttrs(context.Background(), levelOf(n.Level), n.Text, attrs...)
	}
	return l.lines.Emit(context.Background(), log, id, outcome)
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
