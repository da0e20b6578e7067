package host_test

import (
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"testing"

	"qvat/host"
	"qvat/host/api"
)

// servePage runs a vat until the test ends, and gives its URL and a link to log
// in with, which is empty where there is no page.
func servePage(t *testing.T, dir string) (url, login string) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	urls := make(chan string, 1)
	done := make(chan error, 1)
	go func() {
		done <- host.Run(ctx, host.RunOptions{
			Dir: dir, Listen: "127.0.0.1:0",
			Login: func(link string) { login = link }, Listening: func(u string) { urls <- u },
		})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	select {
	case url = <-urls:
	case err := <-done:
		done <- nil
		t.Fatal(err)
	}
	return url, login
}

func fetch(t *testing.T, c *http.Client, url string) (status int, body string) {
	t.Helper()
	res, err := c.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

// TestPage: the page of a real vat shows what has run in it, who signed it, what
// it said, and how it ended, to who has logged in.
func TestPage(t *testing.T) {
	url, login := servePage(t, newDir(t, "", ""))
	client, err := api.NewClient(api.ClientOptions{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		`exports.main = () => { console.log('a line <of> the console'); return 1 }`,
		`exports.main = () => { throw new Error('it fell over') }`,
	} {
		body, err := capsule("", text).Encode()
		if err != nil {
			t.Fatal(err)
		}
		_, _ = client.Invoke(t.Context(), body) // the second fails, and is shown
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	if status, _ := fetch(t, browser, url+"/app/runs"); status != http.StatusUnauthorized {
		t.Errorf("a stranger sees %d", status)
	}
	if status, body := fetch(t, browser, login); status != http.StatusOK || !strings.Contains(body, "/app/agent/self/") {
		t.Fatalf("logging in: %d %s", status, body)
	}
	for path, wants := range map[string][]string{
		"/app/runs":        {"/app/runs/1", "/app/runs/2", "program_error", `badge good">ok`},
		"/app/runs/1":      {"a line &lt;of&gt; the console", "signed by the root key", "this vat&#39;s root key", "console.log"},
		"/app/runs/2":      {"it fell over", "program_error"},
		"/app/vat":         {"2 messages in the last hour, 1 of them failed", "Cache of programs"},
		"/app/agent/self/": {"No messages yet"},
		"/app":             {"Agents"},
	} {
		status, body := fetch(t, browser, url+path)
		for _, want := range wants {
			if status != http.StatusOK || !strings.Contains(body, want) {
				t.Errorf("%s: %d, and %q is not there:\n%s", path, status, want, body)
			}
		}
	}
	// It is counted as a call like any other.
	if text := metricsOf(t, url); !strings.Contains(text, `route="/app/",status="200"`) {
		t.Error("the page is not in the metrics")
	}
	// A stream that is open does not hold up the end.
	res, err := browser.Get(url + "/app/agent/self/events")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = res.Body.Close() })
}

// TestNoPage: an owner who wants none has none, and no link.
func TestNoPage(t *testing.T) {
	url, login := servePage(t, newDir(t, "[web]\nenabled = false\n", ""))
	if status, _ := fetch(t, http.DefaultClient, url+"/app/"); status != http.StatusNotFound || login != "" {
		t.Errorf("%d %q", status, login)
	}
}

// TestPageByName: where the owner gives a name, links have it.
func TestPageByName(t *testing.T) {
	_, login := servePage(t, newDir(t, "[web]\nhosts = [\"vat.example\"]\n", ""))
	if !strings.HasPrefix(login, "https://vat.example/app/login?token=") {
		t.Errorf("the link is %q", login)
	}
}
