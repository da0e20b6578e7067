package chaintest_test

import (
	"bytes"
	"testing"

	"qvat/chains"
	"qvat/chains/chaintest"
)

func TestParse(t *testing.T) {
	type link struct {
		program string
		plain   []string
		bound   []string
	}
	tests := []struct {
		diagram string
		want    []link
	}{
		{"root", []link{{"root", []string{"root"}, nil}}},
		{"root -> bob -> carol", []link{
			{"root", []string{"root"}, nil}, {"bob", []string{"bob"}, nil}, {"carol", []string{"carol"}, nil},
		}},
		{"alice:root->bob:bob! -> eve:", []link{
			{"alice", []string{"root"}, nil}, {"bob", nil, []string{"bob"}}, {"eve", nil, nil},
		}},
		{"alice:root! + bob -> alice:carol", []link{
			{"alice", []string{"bob"}, []string{"root"}}, {"alice", []string{"carol"}, nil},
		}},
	}
	for _, test := range tests {
		t.Run(test.diagram, func(t *testing.T) {
			s := chaintest.Parse(test.diagram)
			if len(s.Chain.Links) != len(test.want) {
				t.Fatalf("%d links, want %d", len(s.Chain.Links), len(test.want))
			}
			for i, want := range test.want {
				got := s.Chain.Links[i]
				p, err := chains.NewProgram([]byte(chaintest.Text(want.program)), 0)
				if err != nil {
					t.Fatal(err)
				}
				if got.Program != p.Hash() {
					t.Errorf("link %d is not the program %s", i, want.program)
				}
				if n := len(want.plain) + len(want.bound); len(got.Signatures) != n {
					t.Errorf("link %d has %d signatures, want %d", i, len(got.Signatures), n)
				}
				for kind, names := range map[chains.Kind][]string{chains.Plain: want.plain, chains.Bound: want.bound} {
					for _, name := range names {
						if !carries(s.Chain, i, kind, name) {
							t.Errorf("link %d has no valid %s signature by %s", i, kind, name)
						}
					}
				}
			}
			encoded, err := s.Capsule(`{"x":1}`).Encode()
			if err != nil {
				t.Fatal(err)
			}
			again, err := chaintest.Parse(test.diagram).Capsule(`{"x":1}`).Encode()
			if err != nil || !bytes.Equal(encoded, again) {
				t.Errorf("the same diagram gave other bytes (error %v)", err)
			}
		})
	}
}

// carries looks for a signature by name on a link, and verifies it.
func carries(c chains.Chain, link int, kind chains.Kind, name string) bool {
	for _, s := range c.Links[link].Signatures {
		key, err := chains.ParsePublicKey(s.Key[:])
		if err == nil && key == chaintest.Public(name) && s.Kind == kind {
			return s.Verifies(chaintest.Public(chaintest.Root), c.Prefix(link), c.Links[link].Program)
		}
	}
	return false
}

func TestParseTexts(t *testing.T) {
	s := chaintest.ParseTexts("root -> bob -> root", map[string]string{"bob": "exports.main = () => 1"})
	if len(s.Programs) != 2 {
		t.Fatalf("%d programs, want root's and bob's once each", len(s.Programs))
	}
	if got := s.Programs[1].Text(); got != "exports.main = () => 1" {
		t.Errorf("bob's text is %q", got)
	}
	if s.Chain.Links[2].Program != s.Programs[0].Hash() {
		t.Error("the third link is not root's program")
	}
}

func TestParseRefusesWhatIsNoDiagram(t *testing.T) {
	for _, diagram := range []string{"", "root ->", "-> root", "root bob", "root:a+", "root:!", ":root", "a:b:c", "root > bob"} {
		t.Run(diagram, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			chaintest.Parse(diagram)
		})
	}
}
