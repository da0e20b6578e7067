// All the power there is in the vat. Where a request goes, and that it is a POST
// of JSON, is said here; no program can change it.
const { table } = require('qvat:store')
const http = require('qvat:http')

exports.posts = table('posts') // by client and name: { text, status }
exports.waiting = table('waiting') // by the id of a request: the key of its post

exports.send = (body, then) => http.send({
  url: 'https://hooks.example.com/notes',
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
  then,
})
