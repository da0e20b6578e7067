// ramda: curried functions, lenses, transducers.
import * as R from 'ramda'

export const main = async () => {
  const people = [{ name: 'Ada', age: 36, dept: 'x' }, { name: 'Grace', age: 85, dept: 'y' }, { name: 'Emmy', age: 53, dept: 'x' }]
  const name = R.lensProp('name')
  const deep = R.lensPath(['a', 0, 'b'])
  const area = R.cond([[R.propEq('circle', 'kind'), s => s.r * s.r * 3], [R.T, R.always(0)]])
  return {
    piped: R.pipe(R.filter(R.propSatisfies(R.gt(R.__, 40), 'age')), R.map(R.prop('name')), R.join(', '))(people),
    composed: R.compose(R.toUpper, R.reverse)('abc'),
    grouped: R.map(R.pluck('name'), R.groupBy(R.prop('dept'), people)),
    sorted: R.sortWith([R.ascend(R.prop('dept')), R.descend(R.prop('age'))], people).map(p => p.name),
    lenses: [R.view(name, people[0]), R.over(name, R.toUpper, people[0]), R.set(deep, 9, { a: [{ b: 1, c: 2 }] })],
    curried: [R.add(1)(2), R.subtract(R.__, 2)(10), R.curry((a, b, c) => a + b + c)(1)(2)(3)],
    transduced: R.transduce(R.compose(R.map(R.inc), R.filter(n => n % 2 === 0), R.take(3)), R.flip(R.append), [], R.range(0, 100)),
    into: R.into([], R.compose(R.dropRepeats(), R.map(R.negate)), [1, 1, 2, 2, 3]),
    equal: [R.equals({ a: [1, new Date(0)] }, { a: [1, new Date(0)] }), R.equals([1], [2]), R.identical(NaN, NaN)],
    paths: [R.path(['a', 'b'], { a: { b: 1 } }), R.pathOr('no', ['x'], {}), R.assocPath(['a', 0], 'v', {}), R.dissocPath(['a', 'b'], { a: { b: 1, c: 2 } })],
    evolved: R.evolve({ age: R.inc, tags: R.map(R.toLower) }, { age: 1, tags: ['A'] }),
    merged: [R.mergeDeepRight({ a: { b: 1, c: 2 } }, { a: { c: 3 } }), R.mergeWith(R.concat, { a: [1] }, { a: [2] })],
    conds: [area({ kind: 'circle', r: 2 }), area({ kind: 'box' }), R.either(R.isNil, R.isEmpty)(''), R.when(R.is(String), R.length)('four')],
    lists: [R.zipObj(['a', 'b'], [1, 2]), R.splitEvery(2, [1, 2, 3]), R.uniqBy(Math.abs, [1, -1, 2]), R.scan(R.add, 0, [1, 2, 3]), R.aperture(2, [1, 2, 3]), R.xprod([1, 2], ['a'])],
    clone: R.clone({ a: [new Date(0)] }).a[0].toISOString(),
    text: [R.toString({ a: [1, 'x', null, new Date(0)] }), R.match(/a./g, 'abacad'), R.test(/^x/, 'xy')],
    memo: R.memoizeWith(String, n => n * 2)(4),
    chained: R.chain(n => [n, n], [1, 2]),
    tried: R.tryCatch(() => { throw new Error('e') }, e => e.message)(),
  }
}
