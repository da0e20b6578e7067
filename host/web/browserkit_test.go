package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// chromium is Debian's, or one that QVAT_CHROMIUM names. Its absence is a
// failure: without it nobody knows whether the page works.
func chromium(t testing.TB) string {
	t.Helper()
	if path := os.Getenv("QVAT_CHROMIUM"); path != "" {
		return path
	}
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatal("there is no chromium: apt-get install chromium, or name one in QVAT_CHROMIUM")
	}
	return path
}

// window is a window of a real browser.
type window struct {
	t   testing.TB
	h   *house
	ctx context.Context
}

// browser opens a browser with one window. What its console complains of fails
// the test.
func (h *house) browser() *window {
	h.t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(chromium(h.t)), chromedp.WindowSize(1280, 900), chromedp.WSURLReadTimeout(time.Hour),
		// It reaches nothing but the page.
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("force-color-profile", "srgb"),
	)
	if os.Getuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	h.t.Cleanup(stop)
	ctx, stop := chromedp.NewContext(allocator)
	h.t.Cleanup(func() {
		if err := chromedp.Cancel(ctx); err != nil && !errors.Is(err, context.Canceled) {
			h.t.Error(err)
		}
		stop()
	})
	w := &window{h.t, h, ctx}
	w.listen()
	return w
}

// enter is the key as a keyboard has it: what stops its keydown stops the line
// break too, which is not so with KeyEvent's.
func enter() chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		down := input.DispatchKeyEventParams{
			Type: input.DispatchKeyEventTypeKeyDown, Key: "Enter", Code: "Enter", Text: "\r", WindowsVirtualKeyCode: 13,
		}
		up := down
		up.Type, up.Text = input.DispatchKeyEventTypeKeyUp, ""
		_, err := cdp.Call(ctx, t, input.DispatchKeyEvent, down)
		if err == nil {
			_, err = cdp.Call(ctx, t, input.DispatchKeyEvent, up)
		}
		return err
	})
}

// another opens another window of the same browser.
func (w *window) another() *window {
	w.t.Helper()
	ctx, stop := chromedp.NewContext(w.ctx)
	w.t.Cleanup(stop)
	other := &window{w.t, w.h, ctx}
	other.listen()
	return other
}

// listen fails the test for what scripts or the policy complain of. That an
// answer had a status which the test wanted is no complaint.
func (w *window) listen() {
	w.t.Helper()
	must(w.t, chromedp.Listen(w.ctx, func(event any) {
		switch e := event.(type) {
		case *runtime.EventExceptionThrown:
			w.t.Errorf("a script failed: %s", e.ExceptionDetails.Text)
		case *log.EventEntryAdded:
			if e.Entry.Level == log.EntryLevelError && e.Entry.Source != log.EntrySourceNetwork {
				w.t.Errorf("the browser complains: %s (%s)", e.Entry.Text, e.Entry.URL)
			}
		}
	}))
}

// run does things in the window.
func (w *window) run(actions ...chromedp.Action[chromedp.Void]) {
	w.t.Helper()
	for i, a := range actions {
		if err := chromedp.Do(w.ctx, a); err != nil {
			w.t.Fatalf("step %d: %v\n%s", i+1, err, w.text())
		}
	}
}

// open goes to a path of the page.
func (w *window) open(path string) {
	w.t.Helper()
	if strings.HasPrefix(path, "/") {
		path = w.h.url + path
	}
	w.run(chromedp.Navigate(path))
}

// login goes through a login link.
func (w *window) login() {
	w.t.Helper()
	w.open(w.h.page.Login(w.h.url))
	w.sees("Agents")
}

// text is what stands in the window, as a person reads it.
func (w *window) text() string {
	s, err := chromedp.Run(w.ctx, chromedp.Evaluate[string](`document.body.innerText`))
	if err != nil {
		return err.Error()
	}
	return s
}

// sees waits until a text stands in the window.
func (w *window) sees(what string) {
	w.t.Helper()
	w.becomes(fmt.Sprintf(`document.body.innerText.includes(%s)`, quoted(what)), what)
}

// becomes waits until an expression holds in a page that has loaded: before its
// styles are there, nothing stands where it will be clicked.
func (w *window) becomes(expression, what string) {
	w.t.Helper()
	for {
		// While a page is being loaded, there is none to ask.
		is, err := chromedp.Run(w.ctx, chromedp.Evaluate[bool](`document.readyState === "complete" && (`+expression+`)`))
		if err == nil && is {
			return
		}
		if err != nil && w.ctx.Err() != nil {
			w.t.Fatalf("the browser has ended before this came about: %s: %v", what, err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// ask gives what an expression is in the window.
func ask[T any](w *window, expression string, options ...chromedp.EvaluateOption) T {
	w.t.Helper()
	v, err := chromedp.Run(w.ctx, chromedp.Evaluate[T](expression, options...))
	must(w.t, err)
	return v
}

func quoted(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string has a form
	}
	return string(b)
}

// fill writes into a field, as a person would.
func (w *window) fill(field, text string) {
	w.t.Helper()
	w.run(chromedp.Focus(chromedp.CSS(field)))
	ask[int](w, `(document.activeElement.select(), 0)`)
	w.run(chromedp.KeyEvent(text))
}

// press presses the button of the form that has an action.
func (w *window) press(action string) {
	w.t.Helper()
	w.run(chromedp.Click(chromedp.CSS(fmt.Sprintf(`form[action$=%q] button`, action))))
}

// picture keeps a picture of the window in the folder that QVAT_PICTURES names,
// if it names one.
func (w *window) picture(name string) {
	w.t.Helper()
	dir := os.Getenv("QVAT_PICTURES")
	if dir == "" {
		return
	}
	b, err := chromedp.Run(w.ctx, chromedp.FullScreenshot(100))
	must(w.t, err)
	must(w.t, os.WriteFile(filepath.Join(dir, name+".png"), b, 0o600))
}

// colours and wide are how somebody looks at it.
func colours(name string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}},
		})
		return err
	})
}

func wide(width int64) chromedp.Action[chromedp.Void] {
	return chromedp.EmulateViewport(width, 800)
}
