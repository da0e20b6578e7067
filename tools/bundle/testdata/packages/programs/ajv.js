// ajv's standalone code: what its compiler made of schemas ahead (make.mjs), with the parts of its runtime that it wants.
const { order, tree } = require('../made/ajv.js')

const judge = (errorsOf, value) => {
  const data = JSON.parse(JSON.stringify(value)) // a copy: defaults are written into it
  const errors = errorsOf(data)
  return errors.length === 0 ? { data } : { errors: errors.map(e => [e.instancePath, e.keyword, e.message, e.params]) }
}

exports.main = async () => ({
  orders: [
    { id: 'AB-1', lines: [{ sku: 's' }] },
    { id: 'AB-1', name: 'n𝄞𝄞n', count: 3, price: 1.75, kind: { other: [1] }, lines: [{ sku: 'a', 'x-y': true }, { sku: 'b' }], tree: { value: 1, kids: [{ value: 'v' }] } },
    { id: 'ab', name: '𝄞', count: 1.5, price: 0.3, kind: { other: [2] }, lines: [{ sku: 'a' }, { sku: 'a' }, { 'x-y': 1 }], more: null },
    { id: 'AB-2', kind: 'old', lines: [] },
    { lines: 'none', tree: { value: null, kids: [{ kids: [{ value: true }] }] } },
    'text',
  ].map(v => judge(order, v)),
  trees: [{ value: 'x' }, { kids: [1] }].map(v => judge(tree, v)),
})
