package runtime_test

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"os"
	"testing"
	"time"

	"qvat/chains"
	"qvat/runtime"
)

// party is a key pair that tests sign with.
type party struct {
	private ed25519.PrivateKey
	public  chains.PublicKey
}

func newParty(t testing.TB, name string) party {
	t.Helper()
	seed := sha256.Sum256([]byte("runtime test key of " + name))
	private := ed25519.NewKeyFromSeed(seed[:])
	public, err := chains.ParsePublicKey(private.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	return party{private, public}
}

// message signs texts into a chain: the first by root, the others by the
// parties in turn.
func message(t testing.TB, input string, texts ...string) runtime.Invocation {
	t.Helper()
	return messageWith(t, input, nil, texts...)
}

func messageWith(t testing.TB, input string, modules []string, texts ...string) runtime.Invocation {
	t.Helper()
	root := newParty(t, "root")
	programs := map[chains.Hash]chains.Program{}
	add := func(text string) chains.Hash {
		p, err := chains.NewProgram([]byte(text), 0)
		if err != nil {
			t.Fatal(err)
		}
		programs[p.Hash()] = p
		return p.Hash()
	}
	for _, m := range modules {
		add(m)
	}
	var c chains.Chain
	for i, text := range texts {
		signer := root
		if i > 0 {
			signer = newParty(t, []string{"bob", "carol", "dave"}[i-1])
		}
		h := add(text)
		s, err := chains.Sign(signer.private, chains.Plain, root.public, c.Prefix(i), h)
		if err != nil {
			t.Fatal(err)
		}
		c.Links = append(c.Links, chains.Link{Program: h, Signatures: []chains.Signature{s}})
	}
	v, err := chains.NewVerifier(root.public, chains.VerifierOptions{}).Verify(c)
	if err != nil {
		t.Fatal(err)
	}
	return runtime.Invocation{
		Chain: v,
		Input: []byte(input),
		Program: func(_ context.Context, h chains.Hash) (chains.Program, bool, error) {
			p, ok := programs[h]
			return p, ok, nil
		},
	}
}

// patient is as long as a message may take where time is not what a test is
// about: how slow the machine is does not count.
const patient = time.Hour

func newEngine(t testing.TB, o runtime.Options) *runtime.Engine {
	t.Helper()
	if o.CacheDir == "" {
		o.CacheDir = os.Getenv(runtime.MachineCode)
	}
	if o.Limits.Time == 0 {
		o.Limits.Time = patient
	}
	e, err := runtime.New(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return e
}

func TestTurn(t *testing.T) {
	e := newEngine(t, runtime.Options{})
	for _, c := range []struct{ name, text, input, want string }{
		{"number", `exports.main = () => 1 + 1`, "", "2"},
		{"undefined", `exports.main = () => undefined`, "", ""},
		{"function exports", `module.exports = async ({ input }) => ({ got: input })`, `{"x":[1,"é"]}`, `{"got":{"x":[1,"é"]}}`},
		{"object exports", `module.exports = { main: () => [null, true] }`, "", `[null,true]`},
		{"promise", `exports.main = () => new Promise(r => r(Promise.resolve(7)))`, "", `7`},
		{"input is a text", `exports.main = ({ input }) => input`, `"a\"\\\/\b\n é😀"`, `"a\"\\/\b\n é😀"`},
		{"input is an empty text", `exports.main = ({ input }) => input`, `""`, `""`},
		{"input is a text with an escape", `exports.main = ({ input }) => input`, ` "\u00e9\\u" `, `"é\\u"`},
		{"input is half a pair", `exports.main = ({ input }) => [input.length, input.isWellFormed()]`, `"\ud800"`, `[1,false]`},
		{"input is JSON within JSON", `exports.main = ({ input }) => JSON.parse(input).a`, `"{\"a\":[1,\"x\"]}"`, `[1,"x"]`},
		{"input is absent", `exports.main = ({ input, next, power }) => [typeof input, typeof next, typeof power]`, "", `["undefined","undefined","object"]`},
	} {
		t.Run(c.name, func(t *testing.T) {
			out, err := e.Turn(t.Context(), message(t, c.input, c.text))
			if err != nil {
				t.Fatal(err)
			}
			if string(out.Result) != c.want {
				t.Errorf("got %s, want %s", out.Result, c.want)
			}
		})
	}
}

func TestChain(t *testing.T) {
	e := newEngine(t, runtime.Options{})
	bob, carol := newParty(t, "bob").public.String(), newParty(t, "carol").public.String()
	out, err := e.Turn(t.Context(), message(t, `5`,
		`exports.main = async ({ next }) => { let n = 0; if (!next.signedBy("`+bob+`")) throw new Error('no'); return next.load()({ add: k => n += k, read: () => n }) }`,
		`exports.main = async ({ power, next }) => { if (!next.signedBy("`+carol+`")) throw new Error('no'); power.add(1); const r = await next.load()({ read: power.read }); return [r, power.read()] }`,
		`exports.main = async ({ power, input }) => ({ n: await power.read(), input, keys: Object.keys(power) })`))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(out.Result), `[{"n":1,"input":5,"keys":["read"]},1]`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func failureOf(t *testing.T, err error) *runtime.Failure {
	t.Helper()
	var f *runtime.Failure
	if !errors.As(err, &f) {
		t.Fatalf("got %v, want a failure of the message's", err)
	}
	return f
}

// TestWhere: an error says where in its program's own text it arose.
func TestWhere(t *testing.T) {
	e := newEngine(t, runtime.Options{})
	for _, c := range []struct {
		name, text   string
		line, column int
	}{
		{"thrown, first line", `exports.main = () => { throw new Error('x') }`, 1, 34},
		{"thrown, second line", "exports.main = () => {\n  throw new Error('x') }", 2, 13},
		{"a mistake", "exports.main = () =>\n  undefined.x", 2, 3},
		{"syntax, first line", `exports.main = () => }`, 1, 22},
		{"syntax, third line", "// one\n// two\n  )", 3, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := e.Turn(t.Context(), message(t, "", c.text))
			f := failureOf(t, err)
			if f.Line != c.line || f.Column != c.column {
				t.Errorf("got %d:%d, want %d:%d (%v)", f.Line, f.Column, c.line, c.column, f)
			}
		})
	}
}
