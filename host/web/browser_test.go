package web

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// Alice, the vat's owner, gives Bob's agent a picture, and he keeps it.
func TestBrowserSendAndAdopt(t *testing.T) {
	h := newHouse(t)
	h.agent("bob")
	_, err := h.agent("self").StoreValue(t.Context(), "picture", json.RawMessage(`{"of":"a cat"}`))
	must(t, err)
	w := h.browser()
	w.login()
	w.open("/app/agent/self/write")
	w.fill("#to", "bob")
	w.run(chromedp.SendKeys(chromedp.CSS("#text"), "look at @pic"))
	// The list offers the name; the arrow key and Enter take it.
	w.becomes(`document.querySelector('#text-choices [role=option]')?.dataset.name === 'picture'`, "a name is offered")
	w.run(chromedp.KeyEvent(kb.ArrowDown), enter(), chromedp.KeyEvent(" now"))
	w.becomes(`document.querySelector('#text').value === 'look at @picture now'`, "the name is taken")
	w.press("/send")
	w.sees("Sent to bob.")
	w.open("/app/agent/bob/")
	w.sees("look at @picture now")
	w.run(chromedp.Click(chromedp.CSS(".mail a")))
	w.sees("you have no name for it")
	w.fill("#adopt-picture", "cat")
	w.press("/adopt")
	w.sees("Adopted as cat.")
	w.open("/app/agent/bob/name?name=cat")
	w.sees("a cat")
}

// Bob asks for a thing; it is granted, and his next request is refused.
func TestBrowserGrant(t *testing.T) {
	h := newHouse(t)
	h.agent("bob")
	_, err := h.agent("self").StoreValue(t.Context(), "hat", json.RawMessage(`"a hat"`))
	must(t, err)
	w := h.browser()
	w.login()
	w.open("/app/agent/bob/write")
	w.fill("#asked", "HOST")
	w.fill("#what", "something for my head")
	w.fill("#under", "headgear")
	w.press("/request")
	w.sees("Asked HOST.")
	w.open("/app/agent/self/")
	w.sees("something for my head")
	w.run(chromedp.Click(chromedp.CSS(".mail a")))
	w.sees("Grant or refuse")
	w.fill("#grant", "hat")
	w.press("/grant")
	w.sees("Granted hat.")
	w.sees("resolved")
	w.open("/app/agent/bob/name?name=headgear")
	w.sees("a hat")

	w.open("/app/agent/bob/write")
	w.fill("#asked", "HOST")
	w.fill("#what", "your house")
	w.press("/request")
	w.sees("Asked HOST.")
	w.open("/app/agent/self/")
	w.run(chromedp.Click(chromedp.CSS(".mail a")))
	w.sees("Grant or refuse")
	w.fill("#why", "I live there")
	w.press("/refuse")
	w.sees("rejected")
	w.open("/app/agent/bob/")
	w.sees("I live there")
}

// What arrives shows in a window that somebody only looks at; and names do.
func TestBrowserLive(t *testing.T) {
	h := newHouse(t)
	h.agent("bob")
	w := h.browser()
	w.login()
	second := w.another()
	second.open("/app/agent/bob/")
	second.becomes(`document.body.dataset.listening === 'yes'`, "the window listens")
	w.open("/app/agent/self/write")
	w.fill("#to", "bob")
	w.fill("#text", "are you there?")
	w.press("/send")
	w.sees("Sent to bob.")
	second.sees("are you there?")
	second.becomes(`document.querySelector('#status').textContent === 'A new message.'`, "it is said aloud")
	second.becomes(`document.querySelector('#unread').innerText.includes('1')`, "it is counted")

	second.open("/app/agent/self/names")
	second.becomes(`document.body.dataset.listening === 'yes'`, "the window listens")
	must(t, h.agent("self").MakeDirectory(t.Context(), "box"))
	second.becomes(`document.querySelector('#names').innerText.includes('box')`, "a new name shows")
	must(t, h.agent("self").Remove(t.Context(), "box"))
	second.becomes(`!document.querySelector('#names').innerText.includes('box')`, "what was removed goes")
}

func TestBrowserWrongToken(t *testing.T) {
	h := newHouse(t)
	w := h.browser()
	w.open("/app/")
	w.sees("You are not logged in")
	w.open(h.url + "/app/login?token=" + random())
	w.sees("This link does not work")
	link := h.page.Login(h.url)
	w.open(link)
	w.sees("Agents")
	w.open(link)
	w.sees("This link does not work")
}

// A session that has ended says so in a window that is open, and lets nothing be
// done.
func TestBrowserExpired(t *testing.T) {
	h := newHouse(t)
	h.agent("bob")
	w := h.browser()
	w.login()
	watching := w.another()
	watching.open("/app/agent/bob/")
	watching.becomes(`document.body.dataset.listening === 'yes'`, "the window listens")
	w.open("/app/agent/self/write")
	w.fill("#to", "bob")
	w.fill("#text", "too late")
	h.clock.move(time.Hour)
	watching.sees("You are not logged in any more.")
	w.press("/send")
	w.sees("You are not logged in")
	if found, err := h.agent("bob").Messages(t.Context(), allNew()); err != nil || len(found) > 0 {
		t.Errorf("%d messages have come (%v)", len(found), err)
	}
}

func TestBrowserLogout(t *testing.T) {
	h := newHouse(t)
	w := h.browser()
	w.login()
	w.press("/logout")
	w.sees("You are logged out")
	w.open("/app/agent/self/")
	w.sees("You are not logged in")
}

// The keyboard alone leads everywhere, and its place can be seen.
func TestBrowserKeyboard(t *testing.T) {
	h := newHouse(t)
	h.agent("bob")
	w := h.browser()
	w.login()
	w.open("/app/agent/self/write")
	tab := func() { w.run(chromedp.KeyEvent(kb.Tab)) }
	var focus string
	at := func() string {
		focus = ask[string](w, `(e => e.id || e.textContent.trim())(document.activeElement)`)
		return focus
	}
	tab()
	if at() != "Skip to the content" {
		t.Fatalf("the first Tab leads to %q", focus)
	}
	w.run(chromedp.KeyEvent(kb.Enter))
	w.becomes(`document.activeElement.id === 'main'`, "the link skips the navigation")
	tab()
	if at() != "to" {
		t.Fatalf("then Tab leads to %q", focus)
	}
	if !ask[bool](w, `(s => s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2)(getComputedStyle(document.activeElement))`) {
		t.Error("the focus cannot be seen")
	}
	w.run(chromedp.KeyEvent("bob"), chromedp.KeyEvent(kb.Escape))
	tab()
	// Tab leaves the text, also while names are offered: it is no trap.
	w.run(chromedp.KeyEvent("here is @b"))
	w.becomes(`document.querySelectorAll('[role=option]').length > 0`, "names are offered")
	tab()
	if at() != "Send" {
		t.Fatalf("from the text Tab leads to %q", focus)
	}
	w.run(chromedp.KeyEvent(kb.Tab, chromedp.KeyModifiers(kb.ModifierShift)))
	if at() != "text" {
		t.Fatalf("back leads to %q", focus)
	}
	w.run(chromedp.KeyEvent("ob"))
	tab()
	w.run(chromedp.KeyEvent(kb.Enter))
	w.sees("Sent to bob.")
	// Round the whole page, and out of it again.
	var seen []string
	for range 60 {
		tab()
		if at() == "" || len(seen) > 0 && focus == seen[0] {
			break
		}
		seen = append(seen, focus)
	}
	if len(seen) < 12 || len(seen) == 60 {
		t.Errorf("Tab leads to %q", seen)
	}
}
