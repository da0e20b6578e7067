package testrunner

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"qvat/tools/project"
)

// TestBuildLimit: the tests of a run cannot have any number of programs bundled.
func TestBuildLimit(t *testing.T) {
	p, err := project.Open(folder(t, map[string]string{"main.js": "exports.main = () => N"}))
	if err != nil {
		t.Fatal(err)
	}
	all := newPrograms(p, 1, 3)
	build := func(ctx context.Context, n int) error {
		_, err := all.bundle(ctx, "main.js", map[string]json.RawMessage{"N": fmt.Append(nil, n)})
		return err
	}
	over, end := context.WithCancel(t.Context())
	end()
	if err := build(over, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("a test that has ended: %v", err)
	}
	for range 2 { // the second time they are known
		for n := range 3 {
			if err := build(t.Context(), n); err != nil {
				t.Errorf("build %d: %v", n, err)
			}
		}
	}
	for range 2 {
		if err := build(t.Context(), 3); err == nil || !strings.Contains(err.Error(), "give what changes as input") {
			t.Errorf("one more: %v", err)
		}
	}
	if err := build(over, 2); err != nil {
		t.Errorf("what is known needs no build: %v", err)
	}
	if len(all.built) != 3 || len(all.known) != 3 {
		t.Errorf("%d builds and %d programs are kept", len(all.built), len(all.known))
	}
}

// TestManySends: a test that asks for more is told so, and the run goes on.
func TestManySends(t *testing.T) {
	passes(t, map[string]string{
		"main.js": "exports.main = () => N",
		"a.test.js": `exports.many = async t => {
  const sent = []
  for (let n = 0; n < 2000; n++) sent.push(t.send([{ program: './main.js', by: 'bob', define: { N: n } }]))
  await Promise.all(sent.map(one => t.throws(one)))
  await t.throws(t.send([{ program: './main.js', by: 'root', define: { N: 5000 } }]), { code: 'not_bundled', message: '500 programs have been bundled' })
}`,
		"b.test.js": "exports.fine = t => t.ok(true)",
	})
}
