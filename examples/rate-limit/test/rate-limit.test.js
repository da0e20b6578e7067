const { limit } = require('../limit')

const owner = t => ({ program: './owner.ts', by: 'root', define: { CLIENT: t.key('bob'), CALLS: 3, SECONDS: 60 } })
const post = (t, NAME) => t.send([owner(t), { program: './client.ts', by: 'bob', bound: true, define: { NAME, TEXT: 'x' } }])
const attack = (t, name) => t.send([owner(t), { program: './test/attack.js', by: 'bob', bound: true }], name)
const posted = t => t.rows('board').map(([key]) => key.split('/')[1])

exports['three in a minute'] = async t => {
  await post(t, 'a')
  t.advance(30_000)
  await post(t, 'b')
  await post(t, 'c')
  t.advance(29_999)
  await t.throws(post(t, 'd'), { message: 'no more than 3 in 60 seconds' })
  t.advance(1)
  await post(t, 'e') // a minute after the first
  await t.throws(post(t, 'f'), { message: 'no more than 3 in 60 seconds' })
  t.equal(posted(t), ['a', 'b', 'c', 'e'])
  t.equal(t.rows('calls').map(([, times]) => times.length), [3], 'no more is kept than is needed')
}

exports['all in one message are counted'] = async t => {
  t.equal(await attack(t, 'many'), [1, 2, 3])
  t.equal(posted(t), ['many-1', 'many-2', 'many-3'])
}

exports['four at once: three are let through'] = async t => {
  const ends = await Promise.allSettled(['a', 'b', 'c', 'd'].map(name => post(t, name)))
  t.equal(ends.filter(end => end.status === 'fulfilled').length, 3)
  t.equal(posted(t).length, 3)
}

exports['what is not counted was not done'] = async t => {
  await t.throws(attack(t, 'abort'), { message: 'on purpose' })
  await t.throws(attack(t, 'hang'), { code: 'never_settled' })
  t.equal([t.rows('board'), t.rows('calls')], [[], []])
}

exports['sent again by somebody with a copy, it neither posts nor counts'] = async t => {
  await post(t, 'a')
  await t.throws(post(t, 'a'), { message: 'a has been posted' })
  t.equal(t.rows('calls').map(([, times]) => times.length), [1])
}

exports['no call hides in the arguments of another'] = async t => {
  t.equal(await attack(t, 'again'), 0)
  t.equal(await attack(t, 'refused'), 0)
  t.equal([t.rows('board'), t.rows('calls')], [[], []])
}

exports['for the client alone'] = async t => {
  const program = './client.ts'
  await t.throws(t.send([owner(t)]), { message: 'for the client alone' })
  await t.throws(t.send([owner(t), { program }]), { message: 'for the client alone' })
  await t.throws(t.send([owner(t), { program, by: 'mallory', bound: true }]), { message: 'for the client alone' })
  await t.throws(t.send([owner(t), { program, by: 'bob' }]), { message: 'for the client alone' }, 'a copied plain link')
}

exports['a clock that is set back makes no room'] = async t => {
  let time = 100_000
  const rows = new Map()
  const count = limit({ table: rows, key: 'x', calls: 2, span: 1000, now: () => time })
  count()
  time = 0
  count()
  await t.throws(() => count(), { message: 'no more' })
  time = 100_999
  await t.throws(() => count(), { message: 'no more' })
  time = 101_000
  count()
}

exports['a limit that is none is refused'] = async t => {
  for (const [calls, span] of [[NaN, 1], [0, 1], [1.5, 1], ['3', 1], [1, NaN], [1, 0], [undefined, 1], [1, undefined]]) {
    await t.throws(() => limit({ table: new Map(), key: 'x', calls, span, now: () => 0 }), { message: 'some calls' })
  }
}
