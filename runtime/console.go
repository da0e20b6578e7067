package runtime

import (
	"context"
	"strings"
)

// log takes a line of a program's console: level, program and text.
func (t *turn) log(ctx context.Context, args []value) error {
	if err := t.countCall(); err != nil {
		return err
	}
	var text [3][]byte
	for i, v := range args[:3] {
		var err error
		if text[i], err = t.in.text(ctx, v, 1<<20); err != nil {
			return err
		}
	}
	// A program's text may hold half a surrogate pair, and a cut may make one.
	line := strings.ToValidUTF8(string(text[2]), "\uFFFD")
	t.in.charge(ctx, hostCallFuel+int64(len(line))/bytesPerFuel)
	left := t.e.limits.Log - t.logged
	if t.m.Log == nil || left <= 0 {
		return nil
	}
	if len(line) > left {
		line = strings.ToValidUTF8(line[:left], "") + " … (the message's log is full)"
	}
	t.logged += len(line) + logOverhead
	t.m.Log(LogLine{Level: string(text[0]), Program: string(text[1]), Text: line})
	return nil
}

// logOverhead is what a line of the log takes beside its text: two hashes and a
// time.
const logOverhead = 160
