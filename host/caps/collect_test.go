package caps_test

import (
	"fmt"
	"testing"

	"qvat/host/caps"
)

// TestCollectCircleOfMany: a circle of very many directories keeps the collector
// neither busy for ever nor from the rest, and what an agent has is kept.
func TestCollectCircleOfMany(t *testing.T) {
	t.Parallel()
	h, ctx := newHeld(t), t.Context()
	own := func(name string) caps.Place { return caps.Place{Dir: h.self.Dir, Name: name} }
	made := func(x *caps.Txn, at caps.Place, typ caps.Type) caps.ID {
		id, err := x.MakeNamed(ctx, h.self, at, caps.Formula{Type: typ})
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	var kept, lost caps.ID
	h.do(func(x *caps.Txn) error {
		hub := made(x, own("hub"), caps.TypeDirectory)
		kept, lost = made(x, own("kept"), caps.TypeValue), made(x, own("lost"), caps.TypeValue)
		for i := range 2 * maxSearch {
			d := made(x, caps.Place{Dir: hub.Number, Name: fmt.Sprint("d", i)}, caps.TypeDirectory)
			if err := x.Bind(ctx, caps.Place{Dir: d.Number, Name: "back"}, caps.Ref{ID: hub, Type: caps.TypeDirectory}); err != nil {
				return err
			}
			if err := x.Bind(ctx, caps.Place{Dir: d.Number, Name: "kept"}, caps.Ref{ID: kept, Type: caps.TypeValue}); err != nil {
				return err
			}
		}
		if err := x.Bind(ctx, own("also"), caps.Ref{ID: kept, Type: caps.TypeValue}); err != nil {
			return err
		}
		for _, name := range []string{"kept", "hub", "lost"} {
			if _, err := x.Unbind(ctx, own(name)); err != nil {
				return err
			}
		}
		return nil
	})
	if err := h.Collect(ctx, h.update); err != nil {
		t.Fatal(err)
	}
	h.do(func(x *caps.Txn) error {
		if _, err := x.Formula(ctx, lost); caps.CodeOf(err) != caps.NotFound {
			t.Errorf("what nobody holds is still there: %v", err)
		}
		_, err := x.Formula(ctx, kept)
		return err
	})
}
