// handlebars' runtime with templates that were compiled ahead (make.mjs): helpers, partials, block parameters, escapes.
// What it exports is frozen, so helpers and partials are handed to each template, not registered.
const Handlebars = require('handlebars/dist/handlebars.runtime.js')
const specs = require('../made/handlebars.js')

const safe = s => new Handlebars.SafeString(`<b>${Handlebars.escapeExpression(s)}</b>`)

exports.main = async () => {
  const helpers = {
    shout: s => safe(s.toUpperCase()),
    list: (items, options) => items.map(v => options.fn(v)).join(options.hash.sep),
  }
  const partials = { note: Handlebars.template(specs.note()) }
  const page = Handlebars.template(specs.page())
  let missing
  try { page({ people: [{ name: 'x' }], tags: [] }) } catch (e) { missing = e.message }
  const people = [{ name: 'Ada & co', raw: '<i>raw</i>', home: { city: 'London' } }, { name: 'Emmy' }]
  return {
    full: page({ title: 'A <title>', tags: ['x', 'y'], map: { a: 1, b: '<' }, people }, { helpers, partials }),
    empty: page({ title: 'Nobody', people: [], tags: [], quiet: true }, { helpers, partials }),
    missing,
    escaped: Handlebars.escapeExpression('<a href="x">\'`=&</a>'),
    guarded: page({ title: 'T', tags: [], quiet: true, people: [Object.create({ name: 'inherited' }, { raw: { value: 'own' } })] }, { helpers: { ...helpers, shout: s => typeof s } }),
  }
}
