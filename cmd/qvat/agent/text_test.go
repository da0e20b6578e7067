package agent

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"qvat/cmd/qvat/cli"
	"qvat/host/actions"
	"qvat/host/caps"
	"qvat/host/mail"
	"qvat/host/mail/letter"
)

// TestTogether holds that a text that was taken apart is put together again, and
// that nothing in a message reaches the terminal as it is.
func TestTogether(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := actions.Letter{
			FromName: rapid.String().Draw(t, "from"), ToName: "SELF", Kind: letter.KindPackage, State: mail.State(rapid.String().Draw(t, "state")),
			What: rapid.String().Draw(t, "what"), Why: rapid.String().Draw(t, "why"),
		}
		n := rapid.IntRange(0, 3).Draw(t, "edges")
		for range n {
			m.Strings = append(m.Strings, rapid.OneOf(rapid.String(), rapid.StringMatching(`[a@\\:{}.-]*`)).Draw(t, "text"))
			m.Edges = append(m.Edges, rapid.StringMatching(`[a-z0-9][a-z0-9-]{0,5}`).Draw(t, "edge"))
			m.Types, m.IDs = append(m.Types, caps.TypeValue), append(m.IDs, caps.ID{})
		}
		m.Strings = append(m.Strings, rapid.OneOf(rapid.String(), rapid.StringMatching(`[a@\\:{}.-]*`)).Draw(t, "text"))
		w, err := takeApart(New(&cli.App{}, Capsules{}), together(m))
		if err != nil {
			t.Fatalf("%q: %v", together(m), err)
		}
		if strings.Join(w.Strings, "|") != strings.Join(m.Strings, "|") || !slices.Equal(w.Edges, m.Edges) {
			t.Errorf("%+v became %q", m, w)
		}
		for _, line := range strings.Split(strings.TrimSuffix(messageText(m, 0), "\n"), "\n") {
			if dangerous(line) {
				t.Errorf("a terminal minds %q", line)
			}
		}
		columns := rapid.IntRange(20, 120).Draw(t, "columns")
		for i, line := range strings.Split(strings.TrimSuffix(messageText(m, columns), "\n"), "\n") {
			if i > 0 && !strings.HasPrefix(line, "   ") || utf8.RuneCountInString(line) > columns {
				t.Errorf("at %d columns there is the line %q", columns, line)
			}
		}
	})
}

// dangerous tells what must never reach a terminal.
func dangerous(s string) bool {
	return !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool {
		return r != '\n' && (unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp))
	})
}

// TestMessageText: what others write cannot look like another message.
func TestMessageText(t *testing.T) {
	m := actions.Letter{
		Number: 7, Kind: letter.KindPackage, FromName: "b0b", FromLike: "bob", ToName: "SELF", State: "new",
		Date:    time.Date(2026, 11, 23, 9, 0, 0, 0, time.Local),
		Strings: []string{"hi\n8  package from bob, 2026-11-23 09:00:00, new\x1b[1A", "!"}, Edges: []string{"x"}, Types: []caps.Type{caps.TypeChain}, IDs: []caps.ID{{}},
	}
	const want = `7  package from b0b (looks like bob), 2026-11-23 09:00:00, new
   hi
   8  package from bob, 2026-11-23 09:00:00, new\x1b[1A@x!
   @x is a chain
`
	if got := messageText(m, 0); got != want {
		t.Errorf("it is shown as\n%s\nand should be\n%s", got, want)
	}
}

// TestMessageTextOnTerminal: a long line cannot be made to go on as another
// message where a terminal breaks it, by spaces or by any character that shows
// nothing.
func TestMessageTextOnTerminal(t *testing.T) {
	for _, space := range []string{" ", "\t", "\u00a0", "\u2003", "\u2800", "\u3164"} {
		m := actions.Letter{Number: 7, Kind: letter.KindPackage, FromName: "bob", ToName: "SELF", State: "new", Strings: []string{
			"hi" + strings.Repeat(space, 200) + "8  package from carol",
		}}
		if got := strings.Split(messageText(m, 0), "\n")[1]; len([]rune(got)) > 60 {
			t.Errorf("%q leaves %q", space, got)
		}
	}
	m := actions.Letter{Number: 7, Kind: letter.KindPackage, FromName: "bob", ToName: "SELF", State: "new", Strings: []string{
		strings.Repeat("x", 77) + "8  package from carol" + strings.Repeat("世", 40),
	}}
	for _, line := range strings.Split(messageText(m, 80), "\n")[1:3] {
		if !strings.HasPrefix(line, "   ") || len([]rune(line)) > 80 {
			t.Errorf("a terminal of 80 columns shows %q", line)
		}
	}
}

// TestMailExit holds that each code of package mail has a row of its own kind.
func TestMailExit(t *testing.T) {
	for _, c := range []caps.Code{
		caps.NotFound, caps.BadName, caps.Refused, caps.Full, caps.BadSeal, caps.Replayed,
		caps.Expired, caps.Used, caps.Wrong, caps.Elsewhere, caps.Failed,
	} {
		if name := mailExit(c); cli.ExitCode(name) < 40 {
			t.Errorf("%s ends with %s, %d", c, name, cli.ExitCode(name))
		}
	}
}
