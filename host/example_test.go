package host_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"qvat/chains"
	"qvat/host"
	"qvat/host/keyfile"
)

// A program makes a vat, opens it, and sends it a message that its root key has
// signed. docs/EMBEDDING.md shows one that adds a power of its own.
func Example() {
	ctx := context.Background()
	base, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(base)
	dir := filepath.Join(base, "vat")
	if err := host.Init(dir, host.InitOptions{}); err != nil {
		log.Fatal(err)
	}
	vat, err := host.Open(ctx, host.Options{Dir: dir})
	if err != nil {
		log.Fatal(err)
	}

	key, err := keyfile.Load(filepath.Join(dir, "keys", "root.key"))
	if err != nil {
		log.Fatal(err)
	}
	root, err := chains.PublicKeyOf(key)
	if err != nil {
		log.Fatal(err)
	}
	program, err := chains.NewProgram([]byte(`exports.main = ({ power, input }) => {
		const row = power.counters
		row.set('visits', (row.get('visits') ?? 0) + input)
		return row.get('visits')
	}`), 0)
	if err != nil {
		log.Fatal(err)
	}
	signature, err := chains.Sign(key, chains.Plain, root, nil, program.Hash())
	if err != nil {
		log.Fatal(err)
	}
	message := chains.Capsule{
		Chain:    chains.Chain{Links: []chains.Link{{Program: program.Hash(), Signatures: []chains.Signature{signature}}}},
		Programs: []chains.Program{program},
	}
	for _, message.Input = range [][]byte{[]byte("2"), []byte("40")} {
		answer, err := vat.Invoke(ctx, "", message)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s\n", answer.Result)
	}
	if err := vat.Close(); err != nil {
		log.Fatal(err)
	}
	// Output:
	// 2
	// 42
}
