package runtime_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"qvat/runtime"
)

// BenchmarkTiny is a fresh instance with a tiny program.
func BenchmarkTiny(b *testing.B) {
	e := newEngine(b, runtime.Options{})
	m := message(b, "", `exports.main = () => 1`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := e.Turn(context.Background(), m); err != nil {
			b.Fatal(err)
		}
	}
}

type lookup struct{}

func (lookup) Call(_ context.Context, _ string, args []byte) (runtime.Reply, error) {
	return runtime.Reply{JSON: []byte(`"gold"`)}, nil
}

// workloadW is the program that peers were measured on, and its argument, a text
// with another id each time.
func workloadW(b testing.TB) (string, func(id int) string) {
	b.Helper()
	var arg strings.Builder
	arg.WriteString(`{"id":%d,"user":"user5","email":"u5@example.com","amount":1.25,"currency":"EUR","items":[`)
	for i := range 100 {
		if i > 0 {
			arg.WriteByte(',')
		}
		fmt.Fprint(&arg, (i*7919+1653)%10000)
	}
	fmt.Fprint(&arg, `],"tags":["beta"," alpha ","x5"],"ts":1700000005000,"active":true,"note":"message number 5"}`)
	text, err := os.ReadFile("testdata/w.js")
	if err != nil {
		b.Fatal(err)
	}
	return string(text), func(id int) string {
		quoted, err := json.Marshal(fmt.Sprintf(arg.String(), id))
		if err != nil {
			b.Fatal(err)
		}
		return string(quoted)
	}
}

// inputs makes n arguments ahead, so that making them is not measured.
func inputs(arg func(int) string, n int) [][]byte {
	out := make([][]byte, n)
	for i := range out {
		out[i] = []byte(arg(i))
	}
	return out
}

func BenchmarkW(b *testing.B) {
	e := newEngine(b, wOptions())
	text, arg := workloadW(b)
	m := message(b, arg(1), text)
	m.Powers = map[string]runtime.Power{"bench:get": lookup{}}
	unique := inputs(arg, 10_000)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		i++
		m.Input = unique[i%len(unique)]
		if _, err := e.Turn(context.Background(), m); err != nil {
			b.Fatal(err)
		}
	}
}

func wOptions() runtime.Options {
	return runtime.Options{
		Modules:   []runtime.Module{{Name: "bench:get", Source: `exports.get = k => host('get', k)`}},
		RootPower: `exports.get = require('bench:get').get`,
	}
}

func BenchmarkWParallel(b *testing.B) {
	e := newEngine(b, wOptions())
	text, arg := workloadW(b)
	m := message(b, arg(1), text)
	m.Powers = map[string]runtime.Power{"bench:get": lookup{}}
	unique := inputs(arg, 10_000)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		m := m
		i := 0
		for pb.Next() {
			i++
			m.Input = unique[i%len(unique)]
			if _, err := e.Turn(context.Background(), m); err != nil {
				b.Error(err)
				return
			}
		}
	})
}
