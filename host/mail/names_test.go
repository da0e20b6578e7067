package mail_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"qvat/host/caps"
	"qvat/host/mail"
	"qvat/host/mail/mailtest"
)

func TestCheckName(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"a", "0", "a-b", "a--", "x" + strings.Repeat("y", 127)} {
		if err := caps.CheckName(good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, bad := range []string{"", "-a", "A", "a.b", "a_b", "ä", "a b", "SELF", "a\x00", "a\n", strings.Repeat("y", 129)} {
		if err := caps.CheckName(bad); code(err) != caps.BadName {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestLikesAreMarked(t *testing.T) {
	t.Parallel()
	v := newVat(t, mail.Options{})
	self := v.Named("self")
	for _, name := range []string{"bob", "b0b", "carol", "5elf", "inb0x"} {
		v.OK(self.MakeDirectory(t.Context(), name))
	}
	got := map[string]string{}
	for _, e := range must(self.List(t.Context(), ""))(t) {
		got[e.Name] = e.Like
	}
	for name, like := range map[string]string{"bob": "b0b", "b0b": "bob", "carol": "", "5elf": "SELF", "inb0x": "INBOX"} {
		if got[name] != like {
			t.Errorf("%s is marked as like %q, want %q", name, got[name], like)
		}
	}
}

func TestDub(t *testing.T) {
	t.Parallel()
	id := caps.ID{Number: [32]byte{0x4f, 0x2a, 0x91, 1}}
	if got := mail.Dub(id, nil); got != "(ed25519 4f2a91…)" {
		t.Errorf("a stranger is %q", got)
	}
	if got := mail.Dub(id, []string{"bob", "robert"}); got != "bob, robert" {
		t.Errorf("a friend is %q", got)
	}
}

// TestTexts: what is written reads the same, and there is one way to write it.
func TestTexts(t *testing.T) {
	t.Parallel()
	key := mailtest.Public("here")
	bytes32 := rapid.Map(rapid.SliceOfN(rapid.Byte(), 32, 32), func(b []byte) (n [32]byte) { copy(n[:], b); return n })
	rapid.Check(t, func(t *rapid.T) {
		id := caps.ID{Number: bytes32.Draw(t, "number"), Node: bytes32.Draw(t, "node")}
		if again, err := caps.ParseID(id.String()); err != nil || again != id {
			t.Fatalf("%s reads %s, %v", id, again, err)
		}
		l := caps.Locator{
			ID:   caps.ID{Number: id.Number, Node: key},
			Type: rapid.SampledFrom([]caps.Type{caps.TypeHandle, caps.TypeValue, caps.TypeInvitation}).Draw(t, "type"),
			At:   rapid.SliceOfN(rapid.StringN(1, 20, 60), 0, 3).Draw(t, "at"),
		}
		again, err := caps.ParseLocator(l.String())
		if err != nil || again.ID != l.ID || again.Type != l.Type || !slices.Equal(again.At, l.At) {
			t.Fatalf("%s reads %s, %v", l, again, err)
		}
		text := []byte(l.String())
		i := rapid.IntRange(0, len(text)-1).Draw(t, "place")
		text[i] = rapid.Byte().Draw(t, "byte")
		if again, err := caps.ParseLocator(string(text)); err == nil && again.String() != string(text) {
			t.Fatalf("%q reads as what is written %q", text, again)
		}
	})
	for _, bad := range []string{
		"", "qvat://", "qvat://x/?id=1&type=handle", "http://a/", strings.Repeat("a", 129),
		"qvat://" + key.String() + "/?type=handle&id=" + key.String(),
		"qvat://" + key.String() + "/?id=" + key.String() + "&type=king",
		"qvat://" + key.String() + "/?id=" + key.String() + "&type=handle&x=1",
		"qvat://" + strings.Repeat("0", 64) + "/?id=" + key.String() + "&type=handle",
	} {
		if _, err := caps.ParseLocator(bad); code(err) != caps.BadName {
			t.Errorf("%q: %v", bad, err)
		}
		if _, err := caps.ParseID(bad); code(err) != caps.BadName {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestDirectories(t *testing.T) {
	t.Parallel()
	v := newVat(t, mail.Options{Limits: mail.Limits{Names: 5}})
	ctx := t.Context()
	self := v.Named("self")
	one := v.Keep(self, "one", `1`)
	v.OK(self.MakeDirectory(ctx, "d"))
	v.OK(self.MakeDirectory(ctx, "d.e"))
	v.OK(self.Move(ctx, "one", "d.e.first"))
	v.OK(self.Copy(ctx, "d.e.first", "d.second"))
	if got := v.Value(self, "d.second"); got != "1" {
		t.Errorf("d.second is %s", got)
	}
	for _, c := range []struct {
		what string
		err  error
		want caps.Code
	}{
		{"into itself", self.Move(ctx, "d", "d.e.d"), caps.Refused},
		{"taken", self.Copy(ctx, "d.second", "d.e"), caps.BadName},
		{"to itself", self.Move(ctx, "d", "d"), caps.BadName},
		{"not there", self.Move(ctx, "one", "two"), caps.NotFound},
		{"through a value", self.Copy(ctx, "d", "d.second.x"), caps.Wrong},
		{"special", self.Copy(ctx, "d", "SELF"), caps.BadName},
		{"under a special", self.Copy(ctx, "d", "INBOX.x"), caps.Wrong},
		{"an agent", self.Copy(ctx, "AGENT", "me"), caps.Refused},
		{"no name", self.MakeDirectory(ctx, ""), caps.BadName},
		{"in nothing", self.MakeDirectory(ctx, "x.y"), caps.NotFound},
		{"remove nothing", self.Remove(ctx, "x"), caps.NotFound},
		{"remove special", self.Remove(ctx, "HOST"), caps.BadName},
	} {
		if code(c.err) != c.want {
			t.Errorf("%s: %v, want %s", c.what, c.err, c.want)
		}
	}
	if names := must(self.ReverseIdentify(ctx, one))(t); len(names) != 0 {
		t.Errorf("its names in the agent's own directory are %q", names)
	}
	v.OK(self.Copy(ctx, one.String(), "again"))
	l := must(self.Locate(ctx, "d.second"))(t)
	if names := must(self.ReverseLocate(ctx, l))(t); !slices.Equal(names, []string{"again"}) || l.ID != one || l.Type != caps.TypeValue {
		t.Errorf("the names of %s are %q", l, names)
	}
	v.OK(self.Copy(ctx, l.String(), "d.third"))
	for _, name := range []string{"f", "g", "h"} {
		v.OK(self.MakeDirectory(ctx, name))
	}
	v.Fails(self.MakeDirectory(ctx, "i"), caps.Full)
	v.OK(self.Remove(ctx, "f"))
	v.OK(self.MakeDirectory(ctx, "i"))
	if got := v.Names(self, "d"); !slices.Equal(got, []string{"e", "second", "third"}) {
		t.Errorf("d has %q", got)
	}
	if thing := must(self.Lookup(ctx, "d"))(t); thing.Names != 3 || thing.Type != caps.TypeDirectory {
		t.Errorf("d is %+v", thing)
	}
	_, err := self.List(ctx, "again")
	v.Fails(err, caps.Wrong)
	_, err = self.List(ctx, "INBOX")
	v.Fails(err, caps.Wrong)
	for _, bad := range []string{"{", "1 2", "\"\xff\"", strings.Repeat("[", 101) + strings.Repeat("]", 101), ""} {
		_, err := self.StoreValue(ctx, "bad", []byte(bad))
		v.Fails(err, caps.Wrong)
	}
	_, err = self.StoreValue(ctx, "bad", []byte(`"`+strings.Repeat("x", 256<<10)+`"`))
	v.Fails(err, caps.Full)
}

// TestSharedDirectory: who holds a directory may change it.
func TestSharedDirectory(t *testing.T) {
	t.Parallel()
	v := newVat(t, mail.Options{})
	ctx := t.Context()
	self, bob := v.Named("self"), v.Named("bob")
	v.OK(self.MakeDirectory(ctx, "ours"))
	must(self.Send(ctx, "bob", []string{"", ""}, []string{"ours"}, []string{"ours"}))(t)
	v.OK(bob.Adopt(ctx, 1, "ours", "shared"))
	v.Keep(self, "ours.from-self", `1`)
	v.OK(bob.Copy(ctx, "HOST", "shared.boss"))
	for _, list := range [][]string{v.Names(self, "ours"), v.Names(bob, "shared")} {
		if !slices.Equal(list, []string{"boss", "from-self"}) {
			t.Errorf("the directory has %q", list)
		}
	}
	if got := must(self.Identify(ctx, "ours.boss"))(t); got != must(self.Identify(ctx, "SELF"))(t) {
		t.Errorf("ours.boss is %s", got)
	}
}
