const until = require('../until.js')

const HOUR = 60 * 60 * 1000
const owner = t => ({ program: './owner.js', by: 'root', define: { BOB: t.key('bob') } })
const bob = (t, UNTIL = t.now + HOUR) => ({ program: './bob.js', by: 'bob', bound: true, define: { CAROL: t.key('carol'), UNTIL } })
const carol = { program: './carol.js', by: 'carol', bound: true }
const attack = { program: './test/attack.js', by: 'carol', bound: true }
const write = (t, TEXT) => t.send([owner(t), { program: './bob-writes.js', by: 'bob', bound: true, define: { TEXT } }])

exports['it works until it ends'] = async t => {
  const links = [owner(t), bob(t), carol]
  await write(t, 'rain')
  t.equal(await t.send(links), 'rain')
  t.advance(HOUR - 1)
  t.equal(await t.send(links), 'rain')
  t.advance(1)
  await t.throws(t.send(links), { message: 'this has ended' })
  t.equal(await write(t, 'sun'), undefined, 'Bob goes on')
}

exports['what was passed on ends with it'] = async t => {
  const links = [owner(t), bob(t), carol, { program: './test/attack.js' }]
  await write(t, 'rain')
  t.equal(await t.send(links, 'read'), 'rain')
  t.advance(HOUR)
  await t.throws(t.send(links, 'read'), { message: 'this has ended' })
}

exports['the end is looked at when the call comes, not when the power is handed on'] = async t => {
  let time = 0
  const { read } = until(100, () => time, { read: () => 'text' })
  t.equal(read(), 'text')
  time = 100
  await t.throws(() => read(), { message: 'this has ended' })
}

exports['a time that is no number is too late'] = async t => {
  for (const time of [NaN, undefined, '1x', {}]) {
    const { read } = until(100, () => time, { read: () => 'text' })
    await t.throws(() => read(), { message: 'this has ended' })
  }
}

exports['an end that is none is refused'] = async t => {
  for (const end of [NaN, Infinity, '3000-01-01', null, undefined, 1.5]) {
    await t.throws(() => until(end, () => 0, {}), { message: 'an end is a number' })
  }
  await t.throws(t.send([owner(t), bob(t, 'never'), carol]), { message: 'an end is a number' })
}

exports['she has no more than Bob said'] = async t => {
  t.equal(await t.send([owner(t), bob(t), attack], 'got'), [['read'], true, 'undefined'])
  await t.throws(t.send([owner(t), bob(t), attack], 'write'), { message: 'not a function' })
}

exports['no way of calling changes the end'] = async t => {
  const links = [owner(t), bob(t), attack]
  t.advance(HOUR)
  const [byCall, byApply, byNew] = await t.send([owner(t), bob(t, t.now), attack], 'ways')
  t.equal([byCall, byApply], ['this has ended', 'this has ended'])
  t.ok(byNew.includes('constructor'), byNew)
  t.equal((await t.send(links, 'ways')).length, 3)
}

exports['a chain cut short, or with other signers, gives nothing'] = async t => {
  await t.throws(t.send([owner(t), bob(t)]), { message: 'for Carol alone' })
  await t.throws(t.send([owner(t)]), { message: 'for Bob alone' })
  await t.throws(t.send([owner(t), carol]), { message: 'for Bob alone' })
  await t.throws(t.send([owner(t), bob(t), { ...carol, by: 'mallory' }]), { message: 'for Carol alone' })
  await t.throws(t.send([owner(t), bob(t), { ...carol, bound: false }]), { message: 'for Carol alone' })
  await t.throws(t.send([owner(t), { ...bob(t), by: 'carol' }, carol]), { message: 'for Bob alone' })
  await t.throws(t.send([owner(t), { ...bob(t), bound: false }, carol]), { message: 'for Bob alone' })
}

exports['the diary takes texts'] = async t => {
  t.equal(await t.send([owner(t), { ...attack, by: 'bob' }], 'texts'), 0)
  t.equal(t.rows('diary'), [])
}

exports['a box in a box: the sooner end counts'] = async t => {
  let time = 0
  const now = () => time
  const inner = until(1000, now, until(10, now, { read: () => 'text' }))
  t.equal(inner.read(), 'text')
  time = 10
  await t.throws(() => inner.read(), { message: 'this has ended' })
}
