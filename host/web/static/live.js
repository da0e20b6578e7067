// What arrives while one looks. The page works without this: it is what a reload
// shows. The server says that something is new, this loads the page again and puts
// in the parts that are marked data-live and have changed.
import { complete } from './names.js'

const page = document.body
const status = document.getElementById('status')
let waiting = null // a timer before the next look
let looking = false
let again = false

async function look() {
  waiting = null
  if (looking) {
    again = true
    return
  }
  looking = true
  try {
    const answer = await fetch(location.href, { headers: { 'X-Qvat-Live': '1' }, cache: 'no-store', redirect: 'error' })
    if (answer.status === 401) over()
    if (answer.ok) put(new DOMParser().parseFromString(await answer.text(), 'text/html'))
  } catch {
    // The vat is away; the stream, or the next look, comes back to it.
  } finally {
    looking = false
  }
  if (again) {
    again = false
    soon()
  }
}

function soon() {
  waiting ??= setTimeout(look, 150)
}

function put(fresh) {
  const arrived = Number(fresh.querySelector('[data-newest]')?.dataset.newest ?? 0)
  const had = Number(document.querySelector('[data-newest]')?.dataset.newest ?? 0)
  for (const part of document.querySelectorAll('[data-live]')) {
    const other = fresh.getElementById(part.id)
    // Nobody loses what is being written.
    if (!other || other.innerHTML === part.innerHTML || dirty(part)) continue
    const focus = part.contains(document.activeElement) ? trail(part, document.activeElement) : null
    const known = new Set([...part.querySelectorAll('li[id]')].map(e => e.id))
    part.replaceWith(document.importNode(other, true))
    const now = document.getElementById(other.id)
    if (known.size) for (const e of now.querySelectorAll('li[id]')) if (!known.has(e.id)) e.classList.add('fresh')
    if (focus) find(now, focus)?.focus()
  }
  if (arrived > had) {
    status.textContent = arrived - had === 1 ? 'A new message.' : `${arrived - had} new messages.`
  }
}

function dirty(part) {
  return [...part.querySelectorAll('input:not([type=hidden])')].some(e => e.value !== e.defaultValue || e === document.activeElement)
}

// trail says which element has the focus, so that its successor gets it.
function trail(part, e) {
  return { id: e.id, href: e.getAttribute('href') }
}

function find(part, { id, href }) {
  if (id) return document.getElementById(id)
  if (href) return [...part.querySelectorAll('a')].find(a => a.getAttribute('href') === href)
}

let stream = null
let broken = false

function listen() {
  if (stream || !page.dataset.events) return
  stream = new EventSource(page.dataset.events)
  stream.onopen = () => {
    page.dataset.listening = 'yes'
    if (broken) soon() // what came meanwhile
    broken = false
  }
  stream.onerror = () => {
    broken = true
    delete page.dataset.listening
    if (stream?.readyState === EventSource.CLOSED) setTimeout(look, 1000) // says so when the session is over
  }
  stream.addEventListener('inbox', soon)
  stream.addEventListener('names', soon)
  stream.addEventListener('over', over)
}

function hush() {
  stream?.close()
  stream = null
  broken = true
  delete page.dataset.listening
}

function over() {
  hush()
  page.dataset.events = ''
  page.dataset.every = ''
  status.textContent = 'You are not logged in any more. “qvat open” makes a new link.'
}

// A browser opens few connections to one host: windows that nobody looks at give
// theirs back.
let leaving = null
document.addEventListener('visibilitychange', () => {
  clearTimeout(leaving)
  if (document.hidden) leaving = setTimeout(hush, 20_000)
  else if (!stream) listen()
})
addEventListener('pagehide', hush)
addEventListener('pageshow', e => {
  if (e.persisted) {
    listen()
    soon()
  }
})
listen()
if (page.dataset.every) {
  setInterval(() => {
    if (!document.hidden && page.dataset.every) soon()
  }, Number(page.dataset.every) * 1000)
}
for (const text of document.querySelectorAll('textarea[data-names]')) complete(text, page.dataset.agent + 'names.json')
