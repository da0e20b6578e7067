package store_test

import (
	"testing"

	"qvat/chains"
)

func program(t testing.TB, text string) chains.Program {
	t.Helper()
	p, err := chains.NewProgram([]byte(text), 0)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
