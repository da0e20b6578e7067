// Completion of @name in a text. The keyboard stays the text's own: Tab moves on
// as ever, and the list is left with Escape.

// complete makes a text offer names, which come from url.
export function complete(text, url) {
  const list = document.createElement('ul')
  list.className = 'choices'
  list.id = text.id + '-choices'
  list.setAttribute('role', 'listbox')
  list.setAttribute('aria-label', 'Names')
  const said = document.createElement('p')
  said.className = 'away'
  said.setAttribute('role', 'status')
  text.after(list, said)
  text.setAttribute('aria-autocomplete', 'list')
  text.setAttribute('aria-controls', list.id)
  let chosen = -1
  let asked = 0

  // word is the name that is being written, after its @, or null.
  function word() {
    const before = text.value.slice(0, text.selectionStart)
    const found = /(?:^|[^\\])@([a-z0-9][a-z0-9-]*:)?([a-z0-9][a-z0-9.-]*|)$/.exec(before)
    return found && { edge: found[1], prefix: found[2] }
  }

  function close() {
    asked++
    chosen = -1
    list.replaceChildren()
    text.removeAttribute('aria-activedescendant')
  }

  function choose(i) {
    chosen = i
    for (const [n, e] of [...list.children].entries()) e.setAttribute('aria-selected', String(n === i))
    if (i < 0) text.removeAttribute('aria-activedescendant')
    else text.setAttribute('aria-activedescendant', list.children[i].id)
  }

  function take(i) {
    const path = list.children[i].dataset.name
    const { prefix, edge } = word()
    // What lies in a directory is attached by the last part of its path.
    const name = path.includes('.') && !edge ? path.slice(path.lastIndexOf('.') + 1) + ':' + path : path
    const start = text.selectionStart - prefix.length
    text.setRangeText(name, start, text.selectionStart, 'end')
    close()
    text.focus()
  }

  async function offer() {
    const written = word()
    if (!written) return close()
    const mine = ++asked
    let names
    try {
      const answer = await fetch(url + '?prefix=' + encodeURIComponent(written.prefix))
      names = answer.ok ? await answer.json() : []
    } catch {
      names = []
    }
    if (mine !== asked) return
    const kept = names.findIndex(({ name }) => name === list.children[chosen]?.dataset.name)
    list.replaceChildren(...names.map(({ name, type, like }, i) => {
      const e = document.createElement('li')
      e.id = `${list.id}-${i}`
      e.dataset.name = name
      e.setAttribute('role', 'option')
      const kind = document.createElement('span')
      kind.className = 'kind'
      kind.textContent = ' ' + type + (like ? ', looks like ' + like : '')
      e.append(name, kind)
      e.addEventListener('mousedown', event => {
        event.preventDefault()
        take(i)
      })
      return e
    }))
    choose(kept)
    said.textContent = names.length ? `${names.length === 1 ? 'A name' : names.length + ' names'} to choose by the arrow keys.` : ''
  }

  text.addEventListener('input', offer)
  text.addEventListener('blur', close)
  text.addEventListener('keydown', event => {
    const n = list.children.length
    if (!n) return
    if (event.key === 'ArrowDown') choose((chosen + 1) % n)
    else if (event.key === 'ArrowUp') choose(chosen < 0 ? n - 1 : (chosen - 1 + n) % n)
    else if (event.key === 'Enter' && chosen >= 0) take(chosen)
    else if (event.key === 'Escape') close()
    else return
    event.preventDefault()
  })
}
