const answered = { program: './answered.js', by: 'root', bound: true }
const owner = async (t, name = 'bob') => ({ program: './owner.js', by: 'root', define: { CLIENT: t.key(name), ANSWERED: await t.chain([answered]) } })
const post = async (t, NAME, TEXT, by = 'bob') => t.send([await owner(t), { program: './client.js', by, bound: true, define: { NAME, TEXT } }])
const status = async (t, NAME) => t.send([await owner(t), { program: './client-asks.js', by: 'bob', bound: true, define: { NAME } }])
const attack = async (t, name) => t.send([await owner(t), { program: './test/attack.js', by: 'bob', bound: true }], name)

exports['a text is posted, and its answer kept'] = async t => {
  t.answer({ status: 201 })
  t.equal(await post(t, 'one', 'hello'), undefined)
  t.equal(await status(t, 'one'), null)
  const [request, ...others] = await t.requests()
  t.equal([request.method, request.url, others], ['POST', 'https://hooks.example.com/notes', []])
  t.equal(JSON.parse(request.body), { from: t.key('bob'), name: 'one', text: 'hello' })
  t.equal(await status(t, 'one'), 201)
  t.equal(t.rows('waiting'), [])
}

exports['an answer that is no success is one'] = async t => {
  t.answer({ status: 500, body: 'x'.repeat(1000) })
  await post(t, 'one', 'hello')
  await t.requests()
  t.equal(t.rows('posts'), [[`${t.key('bob')}/one`, { text: 'hello', status: 500 }]])
}

exports['a forged answer is not believed'] = async t => {
  await post(t, 'one', 'hello')
  for (const request of ['', 'guess', 'x'.repeat(2000), '__proto__', null, 7, ['x'], {}]) {
    await t.throws(t.send([answered], { request, status: 200 }), { code: 'program_error' })
  }
  for (const input of [null, 7, 'x', [], true]) await t.throws(t.send([answered], input), { code: 'program_error' })
  t.equal(await status(t, 'one'), null)
}

exports['an answer counts once'] = async t => {
  await post(t, 'one', 'hello')
  const [{ id }] = await t.requests()
  t.equal(await status(t, 'one'), 200)
  await t.throws(t.send([answered], { request: id, status: 404 }), { message: 'nobody waits' })
  t.equal(await status(t, 'one'), 200)
}

exports['the client never sees the id of a request'] = async t => {
  t.equal(await attack(t, 'more'), ['worked', 'nothing'])
  const [{ id, url, method }] = await t.requests()
  t.equal([url, method, id.length], ['https://hooks.example.com/notes', 'POST', 32])
}

exports['sent alone, the answer\'s program does nothing'] = async t => {
  t.equal(await t.send([answered]), 'ready')
  t.equal(await t.send([answered, { program: './test/attack.js' }], 'many'), 'ready')
  t.equal(await t.requests(), [])
}

exports['sent again, it posts nothing'] = async t => {
  await post(t, 'one', 'hello')
  await t.throws(post(t, 'one', 'hello'), { message: 'one has been posted' })
  await t.throws(post(t, 'one', 'other'), { message: 'one has been posted' })
  t.equal((await t.requests()).length, 1)
}

exports['the body keeps its form'] = async t => {
  await attack(t, 'texts')
  const bodies = (await t.requests()).map(({ body }) => JSON.parse(body))
  t.equal(bodies.length, 5)
  t.ok(bodies.every(body => body.from === t.key('bob') && Object.keys(body).join() === 'from,name,text'))
}

exports['hostile arguments post nothing'] = async t => {
  t.equal(await attack(t, 'hostile'), [0, 0])
  t.equal(await t.requests(), [])
  const [slash, object, nothing] = await attack(t, 'status')
  t.ok(slash.includes('a name is made of') && object.includes('a name is made of') && nothing === null)
}

exports['what fails is not posted'] = async t => {
  await t.throws(attack(t, 'fail'), { message: 'on purpose' })
  t.equal(await t.requests(), [])
}

exports['ten wait, and no more'] = async t => {
  const ends = await attack(t, 'many')
  t.equal(ends.filter(([end]) => end === 'worked').length, 10)
  t.ok(ends[10].includes('try again later'))
  t.equal((await t.requests()).length, 10)
  await post(t, 'later', 'x')
}

exports['for the client alone'] = async t => {
  const links = async more => [await owner(t), { program: './client.js', by: 'bob', bound: true, ...more }]
  await t.throws(t.send([await owner(t)]), { message: 'for the client alone' })
  await t.throws(t.send(await links({ by: 'mallory' })), { message: 'for the client alone' })
  await t.throws(t.send(await links({ by: [] })), { message: 'for the client alone' })
  await t.throws(t.send(await links({ bound: false })), { message: 'for the client alone' })
  t.equal(await t.requests(), [])
}
