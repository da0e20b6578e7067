// yaml: reading, writing, and documents that keep comments, anchors and tags.
const YAML = require('yaml')

const text = `# the vat
name: alice   # its name
listen: &at 127.0.0.1:7070
also: *at
limits: { fuel: 4_00, memory: 0x4000, time: 10s }
list:
  - one
  - [2, 3.5, .inf, ~]
  - yes: no
block: |
  two
  lines
folded: >-
  one
  line
when: 2024-02-28T22:15:30Z
base: &base { a: 1, b: 2 }
more:
  <<: *base
  b: 3
`

exports.main = async () => {
  const value = YAML.parse(text, { merge: true, version: '1.1' })
  value.when = value.when instanceof Date ? value.when.toISOString() : value.when
  value.list[1][2] = String(value.list[1][2])
  const doc = YAML.parseDocument(text)
  doc.set('name', 'bob')
  doc.setIn(['limits', 'fuel'], 5)
  doc.addIn(['list'], doc.createNode({ added: [1, 2] }))
  doc.deleteIn(['block'])
  const wrong = YAML.parseDocument('a: [1, 2\nb: "x')
  const count = { scalars: 0, pairs: 0 }
  YAML.visit(doc, { Scalar() { count.scalars++ }, Pair() { count.pairs++ } })
  const upper = { tag: '!upper', resolve: s => s.toUpperCase(), identify: () => false }
  return {
    value,
    document: doc.toString(),
    wrong: wrong.errors.map(e => [e.name, e.code, e.linePos]),
    written: YAML.stringify({ a: [1, { b: 'two\nlines' }], 'c d': null, e: 'true', f: -0.5, g: new Map([[1, 2]]), h: '' }),
    flow: YAML.stringify({ a: [1, 2] }, { collectionStyle: 'flow' }),
    tagged: YAML.parse('x: !upper abc', { customTags: [upper] }),
    many: YAML.parseAllDocuments('--- a\n--- b\n').map(d => d.toJS()),
    count,
    tokens: [...new YAML.Lexer().lex('a: [b]')].length,
  }
}
