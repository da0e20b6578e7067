package meter

import "fmt"

// Which functions pay when they are entered: enough of them that no recursion
// goes unpaid. Whoever is called through the table pays, since anything may call
// it; so does whoever calls an import, since the host may call anything; and of
// each cycle of direct calls that is left, one function. The others call one
// another along lines that end, and each loop on the way is paid for, so between
// two payments there is only so much code.

// callsOf finds what a body calls: the functions that the module defines, by
// index, and whether it calls an import.
func callsOf(body []byte, imports uint32) (direct []uint32, host bool, err error) {
	r := reader{b: body}
	r.skipLocals()
	for !r.done() {
		op := r.byte()
		at := r.i
		r.immediates(op)
		if op != opCall {
			continue
		}
		callee := reader{b: r.b, i: at}
		if i := callee.u32(); i < imports {
			host = true
		} else {
			direct = append(direct, i-imports)
		}
	}
	return direct, host, r.err
}

// payers tells for each function that the module defines whether entering it
// costs fuel. table holds the indices of those that can be called through it,
// imports counted in.
func payers(bodies [][]byte, imports uint32, table []uint32) ([]bool, error) {
	n := len(bodies)
	g := graph{calls: make([][]uint32, n), pays: make([]bool, n)}
	for i, body := range bodies {
		var err error
		if g.calls[i], g.pays[i], err = callsOf(body, imports); err != nil {
			return nil, fmt.Errorf("function %d: %w", i, err)
		}
		for _, c := range g.calls[i] {
			if int(c) >= n {
				return nil, fmt.Errorf("function %d calls function %d, which is not there", i, c)
			}
		}
	}
	for _, f := range table {
		if f < imports {
			return nil, fmt.Errorf("import %d is in the table", f)
		}
		if int(f-imports) >= n {
			return nil, fmt.Errorf("function %d is in the table and not there", f)
		}
		g.pays[f-imports] = true
	}
	for {
		cycles := g.cycles()
		if len(cycles) == 0 {
			return g.pays, nil
		}
		for _, c := range cycles {
			g.pays[g.busiest(c)] = true
		}
	}
}

// graph is who calls whom directly, and who pays.
type graph struct {
	calls [][]uint32
	pays  []bool

	// The state of a search.
	index, low []int
	on         []bool
	stack      []uint32
	next       int
	found      [][]uint32
}

// cycles finds the strongly connected components of those that do not pay which
// are more than one function, or one that calls itself, by Tarjan's algorithm
// (Depth-first search and linear graph algorithms, 1972).
func (g *graph) cycles() [][]uint32 {
	n := len(g.calls)
	g.index, g.low, g.on, g.next, g.found = make([]int, n), make([]int, n), make([]bool, n), 0, nil
	for i := range g.calls {
		if g.index[i] == 0 && !g.pays[i] {
			g.visit(uint32(i))
		}
	}
	return g.found
}

func (g *graph) visit(f uint32) {
	g.next++
	g.index[f], g.low[f] = g.next, g.next
	from := len(g.stack)
	g.stack = append(g.stack, f)
	g.on[f] = true
	itself := false
	for _, c := range g.calls[f] {
		switch {
		case g.pays[c]:
		case c == f:
			itself = true
		case g.index[c] == 0:
			g.visit(c)
			g.low[f] = min(g.low[f], g.low[c])
		case g.on[c]:
			g.low[f] = min(g.low[f], g.index[c])
		}
	}
	if g.low[f] != g.index[f] {
		return
	}
	component := append([]uint32(nil), g.stack[from:]...)
	g.stack = g.stack[:from]
	for _, c := range component {
		g.on[c] = false
	}
	if itself || len(component) > 1 {
		g.found = append(g.found, component)
	}
}

// busiest is the function of a component that most lines through it are likely
// to pass: that which has most callers times callees in it.
func (g *graph) busiest(component []uint32) uint32 {
	in, out := map[uint32]int{}, map[uint32]int{}
	for _, f := range component {
		in[f], out[f] = 0, 0
	}
	for _, f := range component {
		for _, c := range g.calls[f] {
			if _, inside := in[c]; inside {
				in[c]++
				out[f]++
			}
		}
	}
	best := component[0]
	for _, f := range component {
		if a, b := in[f]*out[f], in[best]*out[best]; a > b || a == b && f < best {
			best = f
		}
	}
	return best
}
