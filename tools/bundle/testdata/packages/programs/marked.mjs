// marked: Markdown to HTML, with an extension and a walk of the tokens.
import { Marked, lexer, marked } from 'marked'

const text = `# Title *with* \`code\`

A [link](https://example.com "t"), ![img](a.png), **bold** ~~gone~~ <https://x.org>
and a line  
break & <b>html</b>.

1. one
   - nested
   - [x] done
2. two

| a | b |
|:--|--:|
| 1 | 2 |

> quote

\`\`\`js
if (a < b) f("x")
\`\`\`

[ref]: /there 'T'
See [this][ref]. ::name::
`

const named = {
  name: 'named', level: 'inline',
  start: s => s.indexOf('::'),
  tokenizer(src) {
    const m = /^::(\w+)::/.exec(src)
    return m ? { type: 'named', raw: m[0], word: m[1] } : undefined
  },
  renderer: t => `<var>${t.word}</var>`,
}

export const main = async () => {
  const mine = new Marked({ gfm: true, breaks: true })
  mine.use({
    extensions: [named],
    renderer: { heading({ tokens, depth }) { return `<h${depth} id="h">${this.parser.parseInline(tokens)}</h${depth}>\n` } },
    walkTokens: t => { if (t.type === 'link') t.href += '#w' },
  })
  return {
    plain: marked.parse(text),
    mine: mine.parse(text),
    inline: marked.parseInline('a **b** <i>c</i>'),
    later: await new Marked({ async: true }).parse('*x*'),
    tokens: lexer(text).map(t => t.type),
  }
}
