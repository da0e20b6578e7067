// `qvat test` runs each of these with a vat of its own. No request leaves the
// process: the test gives the answers.

/** @param {Qvat.Trial} t @param {string} last */
const links = (t, last) => [
  { program: './main.js', by: 'root', define: { SENDER: t.key('sender') } },
  { program: last, by: 'sender' },
]

/** @param {Qvat.Trial} t */
exports['a note is posted, and its answer kept'] = async t => {
  const then = await t.chain(links(t, './test/answered.js'))
  t.answer({ status: 201 })
  const id = await t.send(links(t, './test/post.js'), { text: 'hello', then })
  t.equal(t.rows('notes'), [[id, { text: 'hello' }]])

  const [request] = await t.requests()
  t.equal([request.method, request.url, request.body], ['POST', 'https://hooks.example.com/notes', '{"text":"hello"}'])
  t.equal(t.rows('notes'), [[id, { text: 'hello', status: 201 }]])
}

/** @param {Qvat.Trial} t */
exports['an answer to nothing is not believed'] = async t => {
  const answer = t.send(links(t, './test/answered.js'), { request: 'no such note', status: 200, headers: {} })
  await t.throws(answer, { message: 'no note waits for this answer' })
}

/** @param {Qvat.Trial} t */
exports['what fails is not posted'] = async t => {
  const then = await t.chain(links(t, './test/answered.js'))
  await t.throws(t.send(links(t, './test/post.js'), { text: 'x'.repeat(281), then }), { message: '280 characters' })
  t.equal(await t.requests(), [])
}
