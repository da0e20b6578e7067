package host_test

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"qvat/host"
	"qvat/host/api"
)

// serve runs a vat until the test ends, and gives its URL.
func serve(t *testing.T, dir string) (url string, stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	urls := make(chan string, 1)
	done := make(chan error, 1)
	go func() {
		done <- host.Run(ctx, host.RunOptions{Dir: dir, Listen: "127.0.0.1:0", Listening: func(u string) { urls <- u }})
	}()
	select {
	case url = <-urls:
	case err := <-done:
		t.Fatal(err)
	}
	stopped := false
	stop = func() error {
		if stopped {
			return nil
		}
		stopped = true
		cancel()
		return <-done
	}
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
	return url, stop
}

// TestStopUnderLoad: a vat stops although a message never would.
func TestStopUnderLoad(t *testing.T) {
	dir := newDir(t, "[limits]\nfuel = 1000000000000000\n", "")
	url, stop := serve(t, dir)
	client, err := api.NewClient(api.ClientOptions{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	body, err := capsule("", `exports.main = () => { for (;;); }`).Encode()
	if err != nil {
		t.Fatal(err)
	}
	answered := make(chan error, 1)
	go func() {
		_, err := client.Invoke(context.Background(), body)
		answered <- err
	}()
	awaitMetric(t, url, "qvat_messages_running 1")
	if err := stop(); err != nil {
		t.Error(err)
	}
	if err := <-answered; err == nil {
		t.Error("a message that never ends was answered")
	}
}

func metricsOf(t *testing.T, url string) string {
	t.Helper()
	res, err := http.Get(url + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// awaitMetric asks until the metrics have the line.
func awaitMetric(t *testing.T, url, line string) {
	t.Helper()
	for t.Context().Err() == nil {
		if strings.Contains(metricsOf(t, url), line+"\n") {
			return
		}
	}
}

func TestMetrics(t *testing.T) {
	url, _ := serve(t, newDir(t, "", ""))
	client, err := api.NewClient(api.ClientOptions{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{add, `exports.main = () => { throw 1 }`} {
		body, err := capsule("", text).Encode()
		if err != nil {
			t.Fatal(err)
		}
		_, _ = client.Invoke(t.Context(), body) // the second fails, and is counted
	}
	text := metricsOf(t, url)
	for _, want := range []string{
		`qvat_messages_total{outcome="ok"} 1`, `qvat_messages_total{outcome="program_error"} 1`,
		"qvat_message_seconds_count 2", "qvat_message_fuel_total", "qvat_pool_made_total",
		"qvat_store_commits_total 2", // the first agent, and one of the two messages
		"qvat_programs 1", "qvat_compiled_programs 2", "qvat_http_", "go_goroutines",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the metrics lack %s", want)
		}
	}
}

// TestRootPowerOfManyFiles: root-power.js may be made of TypeScript, JSON, ES
// modules and packages, and is loaded again when one of its files changes.
func TestRootPowerOfManyFiles(t *testing.T) {
	dir := newDir(t, "", `
		import { double } from './lib/double.ts'
		import data from './lib/data.json'
		const greet = require('greet')
		exports.all = () => [double(data.n), greet('x'), typeof require('qvat:store').table]`)
	for name, text := range map[string]string{
		"lib/double.ts":                   `export const double = (n: number): number => n * 2`,
		"lib/data.json":                   `{"n": 21}`,
		"node_modules/greet/package.json": `{"name":"greet","exports":"./main.js"}`,
		"node_modules/greet/main.js":      `module.exports = s => 'hello ' + s`,
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	v := openVat(t, dir)
	ask := capsule("", `exports.main = ({ power }) => power.all()`)
	if got := mustInvoke(t, v, ask); got != `[42,"hello x","function"]` {
		t.Fatalf("got %s", got)
	}
	if err := os.WriteFile(filepath.Join(dir, "lib", "data.json"), []byte(`{"n": 100}`), 0o644); err != nil {
		t.Fatal(err)
	}
	for t.Context().Err() == nil {
		if got := mustInvoke(t, v, ask); got == `[200,"hello x","function"]` {
			return
		} else if got != `[42,"hello x","function"]` {
			t.Fatalf("while it was loaded again, a message got %s", got)
		}
	}
}

// TestRow15: what strangers upload lives in a small space of its own.
func TestRow15StrangersFillNothing(t *testing.T) {
	v := newVat(t, "[programs]\nstranger_bytes = 20000\npeer_bytes = 8000\n", "")
	used := capsule("", `exports.main = () => 'used' // `+strings.Repeat("x", 3000))
	mustInvoke(t, v, used)
	refused := 0
	for i := range 50 {
		c := capsule("", strings.Repeat("x", 3000)+string(rune('a'+i%26))+strings.Repeat("y", i))
		if _, err := v.PutProgram(t.Context(), "stranger", c.Programs[0].Hash(), c.Programs[0]); err != nil {
			refused++
		}
	}
	if refused < 40 {
		t.Errorf("a peer that may keep 8,000 bytes was refused %d of 50 programs of 3,000", refused)
	}
	used.Programs = nil
	if got := mustInvoke(t, v, used); got != `"used"` {
		t.Errorf("a stranger pushed out what is in use: %s", got)
	}
}
