package api_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http/httptest"

	"qvat/chains"
	"qvat/chains/chaintest"
	"qvat/host/api"
	"qvat/host/fault"
)

// echo stands for a vat: it answers a message with its input.
type echo struct{ programs map[chains.Hash]bool }

func (echo) Info() api.Info {
	return api.Info{Name: "echo", RootKey: chaintest.Public("root").String(), NodeKey: chaintest.Public("node").String()}
}

func (e echo) Missing(_ context.Context, _ string, hashes []chains.Hash) (missing []chains.Hash, err error) {
	for _, h := range hashes {
		if !e.programs[h] {
			missing = append(missing, h)
		}
	}
	return missing, nil
}

func (e echo) PutProgram(_ context.Context, _ string, h chains.Hash, _ chains.Program) (bool, error) {
	created := !e.programs[h]
	e.programs[h] = true
	return created, nil
}

func (echo) Invoke(_ context.Context, _ string, c chains.Capsule) (api.Answer, error) {
	if len(c.Input) == 0 {
		return api.Answer{}, fault.New(fault.ProgramError, "Error: say something")
	}
	return api.Answer{Result: c.Input, Message: api.MessageInfo{ID: c.ID().String()}}, nil
}

func (echo) Ready(context.Context) error { return nil }

// A client asks a vat what it is, sends it a message, and acts on a fault by its
// code.
func ExampleClient() {
	ctx := context.Background()
	server := httptest.NewServer(api.New(api.Options{Vat: echo{map[chains.Hash]bool{}}}))
	defer server.Close()

	client, err := api.NewClient(api.ClientOptions{URL: server.URL})
	if err != nil {
		log.Fatal(err)
	}
	info, err := client.Info(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(info.Name)

	message := chaintest.Parse("root -> bob").Capsule(`"hello"`)
	answer, err := client.Call(ctx, message, nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s\n", answer.Result)

	message.Input = nil
	_, err = client.Call(ctx, message, nil)
	var f *fault.Error
	if errors.As(err, &f) && f.Code == fault.ProgramError {
		fmt.Println(f.Message)
	}
	// Output:
	// echo
	// "hello"
	// Error: say something
}
