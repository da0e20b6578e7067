package main

import (
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"qvat/chains"
	"qvat/runtime/runtimetest"
)

func TestMain(m *testing.M) {
	testscript.Main(withMachineCode{m}, map[string]func(){"qvat": func() {
		a := newApp()
		a.machineCode = runtimetest.Folder()
		os.Exit(a.run(context.Background(), os.Args[1:]))
	}})
}

// withMachineCode are the tests, with machine code for the engines in them.
type withMachineCode struct{ *testing.M }

func (m withMachineCode) Run() int { return runtimetest.Main(m.M) }

// TestScript runs testdata/script/*.txtar. Each finds root.key, bob.key and
// carol.key in its folder, always the same, and their public keys in $ROOT,
// $BOB and $CAROL. With QVAT_UPDATE=1 in the environment, the files that a
// script compares output with are written anew.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		UpdateScripts:       os.Getenv("QVAT_UPDATE") != "",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               setUpScript,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":   cmdExits,
			"fakevat": cmdFakeVat,
			"asked":   cmdAsked,
			"hangs":   cmdHangs,
			"bytes":   cmdBytes,
			"bundles": cmdBundles,
			"strip":   cmdStrip,
			"mode":    cmdMode,
			"starts":  cmdStarts,
			"stops":   cmdStops,
			"tells":   cmdTells,
			"awaits":  cmdAwaits,
			"refuses": cmdRefuses,
			"accepts": cmdAccepts,
		},
	})
}

// testSeeds are of the keys of the shared vectors.
func testSeeds() map[string]string {
	return map[string]string{
		"root":  "46af3265e36ac8af77f1c697a14ba90c2d4ca2d982cb45550b7c5da4b03eae6b",
		"bob":   "470a7ad527f8e787e916817080eed0e02d10d0072997afbbd7c51cf3fa3ff20d",
		"carol": "6355085bd879a25b118afb9588596ffa7d5ed877e002cce4ea3d38e48bc7d634",
	}
}

func setUpScript(env *testscript.Env) error {
	env.Setenv("QVAT_HOME", filepath.Join(env.WorkDir, "home"))
	env.Setenv("XDG_CACHE_HOME", filepath.Join(env.WorkDir, ".cache")) // or it is whoever runs the tests's
	env.Setenv("NO_PROXY", "*")
	// A binary with the race detector waits for a second before it ends.
	env.Setenv("GORACE", "atexit_sleep_ms=0 "+os.Getenv("GORACE"))
	env.Values[vatsKey{}] = map[string]*fakeVat{}
	env.Values[daemonKey{}] = &daemon{}
	env.Setenv(runtimetest.Variable, runtimetest.Folder())
	for name, seed := range testSeeds() {
		b, err := hex.DecodeString(seed)
		if err != nil {
			return err
		}
		key := ed25519.NewKeyFromSeed(b)
		public, err := chains.PublicKeyOf(key)
		if err != nil {
			return err
		}
		env.Setenv(strings.ToUpper(name), public.String())
		if err := writeTestKey(filepath.Join(env.WorkDir, name+".key"), key); err != nil {
			return err
		}
	}
	return nil
}

func writeTestKey(path string, key ed25519.PrivateKey) error {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	return os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600)
}

// cmdExits is `exits CODE PROGRAM ARGS...`: exec that ends with that code.
func cmdExits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARGS...")
	}
	code := 0
	err := ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		code = exit.ExitCode()
	case err != nil:
		ts.Fatalf("%v", err)
	}
	if fmt.Sprint(code) != args[0] {
		ts.Fatalf("exit code %d, expected %s\nstdout: %s\nstderr: %s", code, args[0], ts.ReadFile("stdout"), ts.ReadFile("stderr"))
	}
}

type vatsKey struct{}

func fakeVats(ts *testscript.TestScript) map[string]*fakeVat {
	return ts.Value(vatsKey{}).(map[string]*fakeVat)
}

// scriptCleanup lets a fake vat end with its script.
type scriptCleanup struct{ *testscript.TestScript }

func (c scriptCleanup) Cleanup(f func()) { c.Defer(f) }

// cmdFakeVat is `fakevat NAME ROOTKEY [quiet] [LIMIT=N]`: a fakeVat, whose URL
// is $NAME then.
func cmdFakeVat(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: fakevat NAME ROOTKEY [quiet] [LIMIT=N]")
	}
	root, err := chains.ParsePublicKeyHex(args[1])
	ts.Check(err)
	v := newFakeVat(root)
	v.limits = map[string]int64{}
	for _, word := range args[2:] {
		if word == "quiet" {
			v.quiet = true
			continue
		}
		name, number, _ := strings.Cut(word, "=")
		n, err := strconv.ParseInt(number, 10, 64)
		ts.Check(err)
		v.limits[name] = n
	}
	fakeVats(ts)[args[0]] = v
	ts.Setenv(args[0], v.serve(scriptCleanup{ts}))
}

// cmdAsked is `asked NAME FILE`: what the fake vat was asked, since it was last
// looked at, is what FILE says.
func cmdAsked(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: asked NAME FILE")
	}
	v := fakeVats(ts)[args[0]]
	got, want := v.asked(), ts.ReadFile(args[1])
	for _, key := range []string{"ROOT", "BOB", "CAROL"} {
		want = strings.ReplaceAll(want, "$"+key, ts.Getenv(key))
	}
	if got != want {
		ts.Fatalf("%s was asked:\n%sexpected:\n%s", args[0], got, want)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.log = nil
}

// cmdHangs is `hangs NAME`: waits until the fake vat is hanging; `! hangs NAME`
// until the caller has left it.
func cmdHangs(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: hangs NAME")
	}
	v := fakeVats(ts)[args[0]]
	if neg {
		<-v.left
		return
	}
	<-v.entered
}

// cmdBytes is `bytes FILE HEX N`: writes a file of N times those bytes.
func cmdBytes(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: bytes FILE HEX N")
	}
	b, err := hex.DecodeString(args[1])
	ts.Check(err)
	n, err := strconv.Atoi(args[2])
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.Repeat(string(b), n)), 0o600))
}

// cmdMode is `mode FILE PERM`: its permissions are those, in octal.
func cmdMode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: mode FILE PERM")
	}
	info, err := os.Stat(ts.MkAbs(args[0]))
	ts.Check(err)
	if got := fmt.Sprintf("%o", info.Mode().Perm()); got != args[1] {
		ts.Fatalf("%s has mode %s, expected %s", args[0], got, args[1])
	}
}
