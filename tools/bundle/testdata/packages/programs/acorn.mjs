// acorn: trees of programs, tokens, comments, and where errors are.
import { Parser, isIdentifierStart, parse, parseExpressionAt, tokenizer, version } from 'acorn'

const text = `import a, { b as c } from './m.js'
// a comment
export default class X extends a { #p = 1n; static { this.q = 2 } async *gen({ x = 1, ...r }) { for await (const y of c) yield* y?.[x]?.(...r) ?? 0 } }
label: for (let i = 0; i < 10; i++) { if (/[a-z]+/giu.test(\`t\${i}\`)) continue label }
`

const count = node => {
  const kinds = {}
  const walk = n => {
    if (Array.isArray(n)) return n.forEach(walk)
    if (!n || typeof n.type !== 'string') return
    kinds[n.type] = (kinds[n.type] ?? 0) + 1
    for (const k of Object.keys(n)) walk(n[k])
  }
  walk(node)
  return kinds
}

export const main = async () => {
  const comments = []
  const tree = parse(text, { ecmaVersion: 'latest', sourceType: 'module', locations: true, onComment: comments })
  const errors = ['let let', 'a = (', '({ a: 1, a } = {', '0777n', '/(/', 'await 1', 'class { constructor(){} constructor(){} }'].map(s => {
    try { return parse(s, { ecmaVersion: 2022 }).body.length } catch (e) { return [e.name, e.message, e.pos, e.raisedAt, { ...e.loc }] }
  })
  const Mine = Parser.extend(Base => class extends Base {
    parseExprAtom(...rest) {
      if (this.type.label === 'name' && this.value === 'answer') {
        const node = this.startNode()
        this.next()
        node.value = 42
        return this.finishNode(node, 'Literal')
      }
      return super.parseExprAtom(...rest)
    }
  })
  return {
    version,
    kinds: count(tree),
    comments: comments.map(c => [c.type, c.value, c.start]),
    where: { ...tree.body[1].declaration.loc.end },
    tokens: [...tokenizer('a?.b ** 0x1F + `x${y}`', { ecmaVersion: 'latest' })].map(t => [t.type.label, t.start, t.end]),
    expression: parseExpressionAt('xx (a, b) => a + b', 2, { ecmaVersion: 2020 }).type,
    errors,
    extended: Mine.parse('x = answer + 1', { ecmaVersion: 2020 }).body[0].expression.right.left.value,
    identifier: [isIdentifierStart('ä'.charCodeAt(0)), isIdentifierStart(48)],
  }
}
