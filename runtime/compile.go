package runtime

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// code is a compiled module: bytecode of a function that takes module, exports
// and require. Bytecode is trusted input to QuickJS; what this process compiled
// is the only kind there is (docs/CONFINEMENT.md, row 12).
type code struct {
	bytes  []byte
	fuel   int64    // what compiling it took
	syntax *Failure // set where the text does not parse
}

const (
	wrapHead = "(function (module, exports, require) { "
	wrapTail = "\n})"
)

// compile turns a module's text into code, in an instance that holds nothing
// else and is reset afterwards. A text that does not parse gives code with syntax
// set. A limit that is met is a *Failure.
//
// The text is parsed by itself first: only what is a whole list of statements
// is ever joined to its wrapper, so none can close it (docs/CONFINEMENT.md, row 2).
// All of it is strict code, as in an ECMAScript module.
//
// It may burn fuel and run until deadline; limits are what a failure names. With
// an error, the code tells what was burnt.
func (e *Engine) compile(ctx context.Context, name, text string, fuel int64, deadline time.Time, limits Limits) (_ *code, err error) {
	p := e.parsers
	p.users.Add(1)
	in, err := p.take(ctx, nil)
	if err != nil {
		return &code{}, err
	}
	sound := false
	defer func() { err = errors.Join(err, p.give(ctx, in, sound)) }()
	in.setFuel(fuel, deadline)
	c := &compiler{in: in, name: name}
	bytes, err := c.run(ctx, text)
	var syntax *Failure
	if err != nil && !errors.As(err, &syntax) {
		return &code{fuel: in.burnt()}, in.failed(err, limits)
	}
	sound = true
	return &code{bytes: bytes, fuel: in.burnt(), syntax: syntax}, nil
}

type compiler struct {
	in   *instance
	name string
}

// run parses the text, and compiles it in its wrapper.
func (c *compiler) run(ctx context.Context, text string) ([]byte, error) {
	if err := c.parse(ctx, text); err != nil {
		return nil, err
	}
	return c.compile(ctx, wrapHead+text+wrapTail, len(wrapHead))
}

// parse parses a text and throws away what comes of it.
func (c *compiler) parse(ctx context.Context, text string) error {
	return c.in.withBytes(ctx, []byte(text), func(src uint32) error {
		return c.in.withBytes(ctx, []byte(c.name), func(name uint32) error {
			v, err := c.in.do(ctx, c.in.qjs.eval, uint64(src), uint64(len(text)), uint64(name), evalStrict|evalCompileOnly)
			if err != nil {
				return err
			}
			if bad, err := c.in.test(ctx, c.in.qjs.isException, value(v)); err != nil || bad {
				return errors.Join(err, c.syntaxError(ctx, 0))
			}
			return c.in.drop(ctx, value(v))
		})
	})
}

// compile runs qjs_compile. indent is how far the first line is moved right.
func (c *compiler) compile(ctx context.Context, text string, indent int) (out []byte, err error) {
	err = c.in.withBytes(ctx, []byte(text), func(src uint32) error {
		return c.in.withBytes(ctx, []byte(c.name), func(name uint32) error {
			return c.in.withBytes(ctx, make([]byte, 4), func(size uint32) error {
				p, err := c.in.do(ctx, c.in.qjs.compile,
					uint64(src), uint64(len(text)), uint64(name), evalStrict, stripSource, uint64(size))
				if err != nil {
					return err
				}
				if p == 0 {
					return c.syntaxError(ctx, indent)
				}
				out, err = c.takeBytes(ctx, uint32(p), size)
				return err
			})
		})
	})
	return out, err
}

func (c *compiler) takeBytes(ctx context.Context, p, size uint32) ([]byte, error) {
	mem := c.in.mod.Memory()
	raw, ok := mem.Read(size, 4)
	if !ok {
		return nil, errors.New("the size of the bytecode lies outside the memory")
	}
	b, ok := mem.Read(p, binary.LittleEndian.Uint32(raw))
	if !ok {
		return nil, errors.New("the bytecode lies outside the memory")
	}
	return append([]byte(nil), b...), c.in.release(ctx, p)
}

// syntaxError reads what the exception says.
func (c *compiler) syntaxError(ctx context.Context, indent int) error {
	r, err := c.in.do(ctx, c.in.qjs.exception)
	if err != nil {
		return err
	}
	f := &Failure{Reason: ProgramError, Program: c.name}
	var stack string
	// In this order always: a text that does not parse costs fuel as well.
	for _, p := range []struct {
		key string
		to  *string
	}{{"name", &f.Name}, {"message", &f.Message}, {"stack", &stack}} {
		if *p.to, err = c.in.propText(ctx, value(r), p.key); err != nil {
			return err
		}
	}
	f.Line, f.Column = placeIn(stack, c.name)
	if indent > 0 {
		f.Column = column(f.Line, f.Column)
	}
	return f
}

// placeIn finds line and column in the first line of a stack of QuickJS's:
// "    at name:line:column".
func placeIn(stack, name string) (line, col int) {
	_, rest, _ := strings.Cut(stack, name+":")
	rest, _, _ = strings.Cut(rest, "\n")
	first, second, _ := strings.Cut(rest, ":")
	line, err := strconv.Atoi(first)
	if err != nil {
		return 0, 0
	}
	if col, err = strconv.Atoi(second); err != nil {
		return line, 0
	}
	return line, col
}

// column is a column of a wrapped text, as one of the text itself: the wrapper
// moves the first line right.
func column(line, column int) int {
	if line == 1 && column > len(wrapHead) {
		return column - len(wrapHead)
	}
	return column
}

// codeCache keeps compiled programs by hash: those used last, up to a number
// of bytes.
type codeCache struct {
	most int64

	mu   sync.Mutex
	lru  *simplelru.LRU[string, *code]
	used int64
}

// codeOverhead is what an entry costs beside its bytes, roughly.
const codeOverhead = 256

func newCodeCache(most int64) *codeCache {
	if most == 0 {
		most = 64 << 20
	}
	c := &codeCache{most: most}
	lru, err := simplelru.NewLRU(1<<30, func(_ string, gone *code) { c.used -= cost(gone) })
	if err != nil {
		panic(fmt.Sprintf("a cache of a fixed size cannot be made: %v", err))
	}
	c.lru = lru
	return c
}

func cost(c *code) int64 { return int64(len(c.bytes)) + codeOverhead }

func (c *codeCache) get(hash string) (*code, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lru.Get(hash)
}

func (c *codeCache) add(hash string, v *code) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lru.Remove(hash)
	c.lru.Add(hash, v)
	c.used += cost(v)
	for c.used > c.most && c.lru.Len() > 1 {
		c.lru.RemoveOldest()
	}
}

func (c *codeCache) size() (int64, int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.used, c.lru.Len()
}
