// All the power there is in the vat: what this exports, main.js gets as `power`.
const http = require('qvat:http')
const store = require('qvat:store')

/** @type {import('qvat:store').Table<{ text: string, status?: number }>} */
exports.notes = store.table('notes')

/**
 * Posts a text to the one address that this vat posts to, once the message has
 * committed, and gives the id of the request. The answer is for the chain `then`.
 * @param {string} text
 * @param {string} then
 */
exports.post = (text, then) => http.send({
  url: 'https://hooks.example.com/notes',
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ text }),
  then,
})
