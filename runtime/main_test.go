package runtime_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"qvat/runtime"
)

// TestMain gives all tests one compilation cache, and the process that
// TestTwoProcesses starts the same one.
func TestMain(m *testing.M) {
	os.Exit(func() int {
		if os.Getenv(runtime.MachineCode) == "" {
			dir, err := os.MkdirTemp("", "qvat-machine-code-")
			if err != nil {
				fmt.Fprintln(os.Stderr, err)
				return 1
			}
			defer os.RemoveAll(dir)
			os.Setenv(runtime.MachineCode, dir)
		}
		return m.Run()
	}())
}

// hostileLimits are low enough for a bomb to be short.
var hostileLimits = runtime.Limits{Fuel: 10_000_000, Memory: 24 << 20, Time: patient, HostCalls: 200, Result: 64 << 10, Log: 16 << 10}

// hostileOptions are those of the engines that hostile programs run in. Their
// root power has calls that answer, that answer later and that refuse.
func hostileOptions() runtime.Options {
	return runtime.Options{
		Limits:   hostileLimits,
		CacheDir: os.Getenv(runtime.MachineCode),
		Modules: []runtime.Module{{Name: "test:echo", Source: `
			exports.echo = (...args) => host('echo', ...args);
			exports.later = (...args) => host('later', ...args);
			exports.refuse = () => host('refuse');
			exports.any = (method, ...args) => host(method, ...args);`}},
		RootPower: `module.exports = require('test:echo')`,
	}
}

// echo is the power behind test:echo.
type echo struct{}

func (echo) Call(_ context.Context, method string, args []byte) (runtime.Reply, error) {
	answer := []byte(strings.Clone(string(args)))
	switch method {
	case "echo":
		return runtime.Reply{JSON: answer}, nil
	case "later":
		return runtime.Reply{Later: func(context.Context) ([]byte, error) { return answer, nil }}, nil
	}
	return runtime.Reply{}, &runtime.Refusal{Name: "RangeError", Message: "refused"}
}
