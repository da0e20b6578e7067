// ajv as it is meant to be used: it makes a function of a schema with `new Function`, which is inert here.
const Ajv = require('ajv')

exports.main = async () => {
  const validate = new Ajv().compile({ type: 'object', properties: { a: { type: 'integer' } }, required: ['a'] })
  return [validate({ a: 1 }), validate({ a: 'x' })]
}
