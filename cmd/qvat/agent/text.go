package agent

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"qvat/cmd/qvat/cli"
	"qvat/host/actions"
	"qvat/host/api"
	"qvat/host/caps"
)

// takeApart reads a TEXT.
func takeApart(cmd *cobra.Command, text string) (actions.Text, error) {
	t, err := actions.ParseText(text)
	var bad *caps.Error
	if errors.As(err, &bad) {
		return t, cli.UsageError(cmd, "%s: %s", bad.Message, bad.Hint)
	}
	return t, err
}

// together is a message's text as it would be written: takeApart's other way,
// with edges alone. Text beside an edge cannot pass for a part of it.
func together(m actions.Letter) string {
	var b strings.Builder
	parts := m.Parts()
	for i, p := range parts {
		s := p.Text
		for {
			before, after, found := strings.Cut(s, "@")
			b.WriteString(before)
			if !found && p.Edge == "" {
				break
			}
			b.WriteString(before[len(strings.TrimRight(before, `\`)):])
			if !found {
				break
			}
			b.WriteString(`\@`)
			s = after
		}
		if p.Edge != "" {
			b.WriteString(edgeText(p.Edge, parts[i+1:]))
		}
	}
	return b.String()
}

// edgeText is an edge as it is written before the rest of a letter.
func edgeText(edge string, rest []actions.Part) string {
	if len(rest) > 0 && rest[0].Text != "" && belongs(rest[0].Text[0]) {
		return "@{" + edge + "}"
	}
	return "@" + edge
}

// belongs says of a character behind an edge that it would be taken for a part
// of it, or be refused since it may be meant so.
func belongs(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == ':'
}

// shownTime is a time as people read it here.
func shownTime(t time.Time) string { return t.Local().Format("2006-01-02 15:04:05") }

// marked is a name, with the one that it could be taken for.
func marked(name, like string) string {
	if like == "" {
		return name
	}
	return fmt.Sprintf("%s (looks like %s)", name, like)
}

// messageText is a message for people. What others wrote is indented and has no
// control characters: it cannot pass for another message. Nor can it where a
// terminal of so many columns breaks lines: they are broken before, and what
// they go on with is indented too; 0: they stay as long as they are.
func messageText(m actions.Letter, columns int) string {
	const indent = "   "
	var b strings.Builder
	head := fmt.Sprintf("%d  %s %s, %s, %s", m.Number, api.Clean(string(m.Kind)), parties(m), shownTime(m.Date), api.Clean(string(m.State)))
	b.WriteString(strings.Join(broken(head, columns-len(indent)), "\n"+indent) + "\n")
	tell := func(format string, args ...any) {
		for _, line := range cli.Lines(fmt.Sprintf(format, args...)) {
			for _, part := range broken(narrowed(line), columns-len(indent)) {
				b.WriteString(indent + part + "\n")
			}
		}
	}
	if text := together(m); text != "" {
		tell("%s", text)
	}
	if m.What != "" {
		tell("asks for: %s", m.What)
	}
	if m.Why != "" {
		tell("because: %s", m.Why)
	}
	for _, a := range m.Attachments() {
		tell("@%s is a %s", a.Edge, a.Type)
	}
	return b.String()
}

// maxSpaces is how many spaces in a row are shown: more could push what follows
// to where another line begins.
const maxSpaces = 8

// narrowed leaves maxSpaces of each run of characters that show nothing.
func narrowed(line string) string {
	var b strings.Builder
	run := 0
	for _, r := range line {
		run++
		if !unicode.IsSpace(r) && !strings.ContainsRune("\u115f\u1160\u2800\u3164\uffa0", r) {
			run = 0
		}
		if run <= maxSpaces {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// broken breaks a line where it has a number of columns; 0 or less: nowhere.
// Characters that may be two columns wide count as that.
func broken(line string, columns int) (parts []string) {
	start, at := 0, 0
	for i, r := range line {
		wide := 1
		if r >= 0x1100 {
			wide = 2
		}
		if columns > 0 && at+wide > columns && i > start {
			parts = append(parts, line[start:i])
			start, at = i, 0
		}
		at += wide
	}
	return append(parts, line[start:])
}

// parties says from whom a message is and to whom, from where the reader
// stands.
func parties(m actions.Letter) string {
	from, to := api.Clean(marked(m.FromName, m.FromLike)), api.Clean(marked(m.ToName, m.ToLike))
	switch mine, sent := m.ToName == caps.NameSelf, m.FromName == caps.NameSelf; {
	case mine && !sent:
		return "from " + from
	case sent && !mine:
		return "to " + to
	}
	return "from " + from + " to " + to
}
