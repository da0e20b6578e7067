// preact, with preact-render-to-string: components, hooks, context and fragments as HTML.
import { Component, Fragment, createContext, h, toChildArray } from 'preact'
import { useContext, useMemo, useReducer, useState } from 'preact/hooks'
import { renderToString } from 'preact-render-to-string'

const Theme = createContext('light')

class Clock extends Component {
  constructor() { super(); this.state = { ticks: 3 } }
  componentWillMount() { this.setState({ ticks: this.state.ticks + 1 }) }
  render({ label }, { ticks }) { return h('time', { title: label }, ticks, ' ticks') }
}

function List({ items, children }) {
  const [n] = useState(() => items.length)
  const upper = useMemo(() => items.map(s => s.toUpperCase()), [items])
  const [state] = useReducer((s, a) => s + a, 5)
  const theme = useContext(Theme)
  return h('ul', { class: theme, 'data-n': n, style: { color: 'red', marginTop: 4 } }, upper.map(s => h('li', { key: s }, s)), children, state)
}

export const main = async () => {
  const page = h(Fragment, null,
    h('h1', { id: 'a"b' }, '<Title> & more'),
    h(Theme.Provider, { value: 'dark' }, h(List, { items: ['one', 'two'] }, h('li', null, 'last'))),
    h(List, { items: [] }),
    h(Clock, { label: 'c' }),
    h('input', { type: 'checkbox', checked: true, disabled: false, onClick() {} }),
    h('div', { dangerouslySetInnerHTML: { __html: '<b>raw</b>' } }),
    null, false, 0, [h('br'), 'text'],
  )
  let thrown
  try { renderToString(h(() => { throw new Error('in a component') })) } catch (e) { thrown = e.message }
  return { html: renderToString(page), kids: toChildArray([1, null, [h('a')]]).length, thrown }
}
