// Makes ahead what ajv and handlebars would compile when they run: both do it with `new Function`, which is inert in a
// vat. Writes made/, which is not committed: node make.mjs, after npm ci.
import { mkdirSync, writeFileSync } from 'node:fs'
import Ajv from 'ajv'
import standalone from 'ajv/dist/standalone/index.js'
import Handlebars from 'handlebars'

const schemas = [
  {
    $id: 'order',
    type: 'object',
    properties: {
      id: { type: 'string', pattern: '^[A-Z]{2}-\\d+$' },
      name: { type: 'string', minLength: 2, maxLength: 4 },
      count: { type: 'integer', minimum: 1, default: 1 },
      price: { type: 'number', multipleOf: 0.25 },
      kind: { enum: ['new', 'old', { other: [1] }] },
      lines: { type: 'array', items: { $ref: 'line' }, uniqueItems: true, minItems: 1 },
      tree: { $ref: 'tree' },
    },
    required: ['id', 'lines'],
    additionalProperties: false,
    if: { properties: { kind: { const: 'old' } }, required: ['kind'] },
    then: { required: ['price'] },
  },
  { $id: 'line', type: 'object', properties: { sku: { type: 'string' } }, patternProperties: { '^x-': { type: 'boolean' } }, required: ['sku'] },
  { $id: 'tree', type: 'object', properties: { value: { oneOf: [{ type: 'number' }, { type: 'string' }] }, kids: { type: 'array', items: { $ref: '#' } } } },
]

const templates = {
  page: `<h1>{{title}}</h1>
{{#if people.length}}<ul>
{{#each people as |p i|}}
  <li class="{{#if @first}}first{{/if}}">{{i}}: {{shout p.name}} {{{p.raw}}}{{#with p.home}} in {{city}}, {{../p.name}}{{/with}}</li>
{{else}}
  nobody
{{/each}}
</ul>{{else}}none{{/if}}
{{#unless quiet}}{{> note text="a & b"}}{{/unless}}
{{#list tags sep="; "}}<{{this}}>{{/list}}{{lookup people 1}}{{! a comment }}{{#each map}}[{{@key}}={{.}}]{{/each}}
`,
  note: '<p>{{text}} for {{title}}</p>',
}

// ajv names the comparison of values by a module of its own that writes on what another exports, and a validator leaves
// its errors on itself. What a module exports is frozen: so the one is named directly, and the others are kept inside.
const ajv = new Ajv({ schemas, allErrors: true, useDefaults: true, strictTypes: false, code: { source: true } })
const validators = standalone(ajv, { order: 'order', tree: 'tree' })
  .replaceAll('require("ajv/dist/runtime/equal").default', 'require("fast-deep-equal")')
const judges = `const made = {}
;(function (exports) {
${validators}
})(made)
const judge = validate => data => validate(data) ? [] : validate.errors
for (const name of Object.keys(made)) exports[name] = judge(made[name])
`
// Handlebars.template writes on what precompile made, so that is made anew for each call.
const specs = Object.entries(templates).map(([name, text]) => `exports.${name} = () => (${Handlebars.precompile(text)})\n`)

const dir = new URL('made/', import.meta.url)
mkdirSync(dir, { recursive: true })
writeFileSync(new URL('ajv.js', dir), judges)
writeFileSync(new URL('handlebars.js', dir), specs.join(''))
