// immer: the next state from a draft, patches and their inverse, Map, Set and classes.
import { applyPatches, createDraft, current, enableMapSet, enablePatches, finishDraft, immerable, isDraft, original, produce, produceWithPatches } from 'immer'

enablePatches()
enableMapSet()

class Point {
  constructor(x, y) { this.x = x; this.y = y }
  get sum() { return this.x + this.y }
}
Point[immerable] = true
Point.prototype[immerable] = true

export const main = async () => {
  const before = { user: { name: 'Ada', tags: ['a', 'b'] }, list: [{ done: false }, { done: true }], untouched: {} }
  const after = produce(before, d => {
    d.user.name = 'Grace'
    d.user.tags.push('c')
    d.list[0].done = true
    d.list.splice(1, 1)
  })
  const [next, patches, inverse] = produceWithPatches(before, d => {
    d.list.push({ done: false })
    delete d.user.tags
    d.user.age = 36
  })
  const maps = produce({ m: new Map([['a', { n: 1 }]]), s: new Set([1, 2]) }, d => {
    d.m.get('a').n = 2
    d.m.set('b', { n: 3 })
    d.s.delete(1)
    d.s.add(4)
  })
  const moved = produce(new Point(1, 2), p => { p.x = 10 })
  const draft = createDraft(before)
  draft.user.name = 'Emmy'
  const seen = [isDraft(draft), current(draft).user.name, original(draft).user.name]
  const finished = finishDraft(draft)
  let refused
  try { after.user.name = 'x' } catch (e) { refused = e.name }
  const toggle = produce((d, i) => { d.list[i].done = !d.list[i].done })
  return {
    before, after,
    shared: [after.untouched === before.untouched, after.user === before.user, produce(before, () => {}) === before],
    next, patches, inverse,
    back: JSON.stringify(applyPatches(next, inverse)) === JSON.stringify(before),
    maps: [[...maps.m], [...maps.s]],
    moved: [moved.x, moved.sum, moved instanceof Point],
    seen, finished: finished.user, refused, frozen: Object.isFrozen(after.list),
    toggled: toggle(before, 1).list,
  }
}
