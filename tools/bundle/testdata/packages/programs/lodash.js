// lodash: something of each of its chapters, but for _.template, which makes a function of a text by `Function`.
const _ = require('lodash')

const people = [
  { name: 'Ada', born: 1815, field: 'mathematics', tags: ['engine', 'notes'] },
  { name: 'Grace', born: 1906, field: 'computing', tags: ['compiler', 'navy'] },
  { name: 'Emmy', born: 1882, field: 'mathematics', tags: ['algebra', 'notes'] },
  { name: 'Barbara', born: 1939, field: 'computing', tags: ['types', 'clu'] },
]

exports.main = async () => {
  const deep = { a: { b: [1, { c: new Map([['k', [1, 2]]]) }] }, when: new Date(0), re: /x+/gi }
  const copy = _.cloneDeep(deep)
  copy.a.b[1].c.get('k').push(3)
  const calls = []
  const once = _.once(n => { calls.push(n); return n })
  const add = _.curry((a, b, c) => a + b + c)
  const memo = _.memoize(n => { calls.push(`memo ${n}`); return n * n })
  return {
    byField: _.mapValues(_.groupBy(people, 'field'), list => _.map(_.sortBy(list, 'born'), 'name')),
    ordered: _.orderBy(people, ['field', 'born'], ['asc', 'desc']).map(p => p.name),
    oldest: _.minBy(people, 'born').name,
    tags: _(people).flatMap('tags').countBy().toPairs().sortBy(0).value(),
    chained: _.chain([3, 1, 2]).map(n => n * 2).filter(n => n > 2).sort().reverse().value(),
    lazy: _(_.range(500)).map(n => n * n).filter(n => n % 3 === 1).take(5).value(),
    cloned: [_.isEqual(deep, copy), deep.a.b[1].c.get('k'), copy.a.b[1].c.get('k'), _.isDate(copy.when), String(copy.re)],
    equal: _.isEqual({ a: [1, { b: new Set([1, 2]) }] }, { a: [1, { b: new Set([2, 1]) }] }),
    merged: _.merge({ a: [{ x: 1 }], b: { c: 1 } }, { a: [{ y: 2 }], b: { d: 2 } }),
    defaults: _.defaultsDeep({ a: { b: 1 } }, { a: { b: 2, c: 3 } }),
    paths: [_.get(people, '[1].tags[0]'), _.get(people, 'x.y', 'none'), _.set({}, 'a.b[0].c', 1), _.has(deep, 'a.b[1].c')],
    picked: [_.pick(people[0], ['name', 'born']), _.omit(people[0], ['tags', 'field']), _.invert({ a: 'x', b: 'y' })],
    arrays: [_.chunk(_.range(7), 3), _.zip([1, 2], ['a', 'b']), _.uniqBy([1.1, 1.9, 2.2], Math.floor), _.difference([1, 2, 3], [2]), _.xor([1, 2], [2, 3])],
    words: [_.camelCase('the quick brown'), _.kebabCase('TheQuickBrown'), _.startCase('the_quick'), _.deburr('déjà vu'), _.words('fred, barney & pebbles')],
    text: [_.padStart('7', 3, '0'), _.truncate('a rather long sentence', { length: 12 }), _.escape('<a & b>'), _.unescape('&lt;a&gt;')],
    functions: [once(1), once(2), add(1)(2)(3), add(_, 2)(1, 3), memo(4), memo(4), _.flow([_.sum, n => n * 2])([1, 2, 3]), calls],
    numbers: [_.round(4.0068, 2), _.clamp(12, 0, 10), _.sum([1, 2, 3]), _.mean([2, 4]), _.inRange(3, 2, 4)],
    kinds: [_.isPlainObject({}), _.isPlainObject(new Map()), _.isArguments(arguments_()), _.isEmpty([]), _.isNil(undefined), _.toString([1, [2]])],
  }
}

function arguments_() { return arguments }
