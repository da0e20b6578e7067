const root = t => ({ program: './root.js', by: 'root', define: { OWNER: t.key('olga') } })
const send = (t, by, program, define = {}, input = null) => t.send([root(t), { program, by, bound: true, define }], input)
const grant = (t, who, ROLE, VERSION = 0, by = 'olga') => send(t, by, './owner.js', { MEMBER: t.key(who), ROLE, VERSION })
const write = (t, by, TEXT, VERSION) => send(t, by, './writer.js', { TEXT, VERSION })
const read = (t, by) => send(t, by, './reader.js')
const attack = (t, by, name) => send(t, by, './test/attack.js', {}, name)

exports['readers read, writers write, and the owner grants'] = async t => {
  await grant(t, 'walt', 'writer')
  await grant(t, 'rosa', 'reader')
  t.equal(await read(t, 'rosa'), { text: '', version: 0, by: t.key('olga') })
  t.equal(await write(t, 'walt', 'one', 0), { text: 'one', version: 1, by: t.key('walt') })
  t.equal(await write(t, 'olga', 'two', 1), { text: 'two', version: 2, by: t.key('olga') })
  t.equal((await read(t, 'rosa')).text, 'two')
}

exports['each has what the role may do, and no more'] = async t => {
  await grant(t, 'walt', 'writer')
  await grant(t, 'rosa', 'reader')
  t.equal(await attack(t, 'rosa', 'names'), [['read'], true])
  t.equal(await attack(t, 'walt', 'names'), [['read', 'write'], true])
  await t.throws(attack(t, 'rosa', 'write'), { message: 'not a function' })
  await t.throws(attack(t, 'walt', 'grant'), { message: 'not a function' })
  await t.throws(grant(t, 'mallory', 'writer', 0, 'walt'), { message: 'not a function' })
  t.equal(t.rows('document'), [])
}

exports['strangers have nothing'] = async t => {
  await t.throws(read(t, 'mallory'), { message: 'for members alone' })
  await t.throws(t.send([root(t)]), { message: 'one member has signed' })
  await t.throws(t.send([root(t), { program: './reader.js' }]), { message: 'one member has signed' })
  await grant(t, 'rosa', 'reader')
  await t.throws(t.send([root(t), { program: './reader.js', by: 'rosa' }]), { message: 'one member has signed' }, 'a plain signature')
  await t.throws(read(t, ['rosa', 'mallory']), { message: 'one member has signed' }, 'two signatures')
}

exports['a role that is taken away is gone, and what was handed on with it'] = async t => {
  await grant(t, 'walt', 'writer')
  const handed = [root(t), { program: './test/delegate.js', by: 'walt', bound: true }, { program: './reader.js' }]
  await t.send(handed)
  await grant(t, 'walt', 'none', 1)
  await t.throws(read(t, 'walt'), { message: 'for members alone' })
  await t.throws(write(t, 'walt', 'x', 0), { message: 'for members alone' })
  await t.throws(t.send(handed), { message: 'for members alone' })
}

exports['an old grant that is sent again gives nothing back'] = async t => {
  await grant(t, 'mallory', 'writer')
  await grant(t, 'mallory', 'none', 1)
  await t.throws(grant(t, 'mallory', 'writer'), { message: 'at version 2' })
  await t.throws(grant(t, 'mallory', 'writer', 1), { message: 'at version 2' })
  await t.throws(read(t, 'mallory'), { message: 'for members alone' })
  await grant(t, 'mallory', 'reader', 2)
  await read(t, 'mallory')
}

exports['an old text that is sent again does not come back'] = async t => {
  await write(t, 'olga', 'one', 0)
  await write(t, 'olga', 'two', 1)
  await t.throws(write(t, 'olga', 'one', 0), { message: 'at version 2' })
  t.equal((await read(t, 'olga')).text, 'two')
}

exports['two who write at once: one has to look first'] = async t => {
  await grant(t, 'walt', 'writer')
  const ends = await Promise.allSettled([write(t, 'olga', 'hers', 0), write(t, 'walt', 'his', 0)])
  t.equal(ends.map(end => end.status).sort(), ['fulfilled', 'rejected'])
  t.equal((await read(t, 'olga')).version, 1)
  t.equal(await attack(t, 'walt', 'twice'), [false, false])
}

exports['two writes in one message: the second has not seen the first'] = async t => {
  t.equal(await attack(t, 'olga', 'twice'), [true, false])
  t.equal((await read(t, 'olga')).text, 'a')
}

exports['hostile arguments'] = async t => {
  await grant(t, 'walt', 'writer')
  t.equal(await attack(t, 'walt', 'texts'), [0, 0])
  t.equal(await attack(t, 'olga', 'members'), [0, 0])
  t.equal(t.rows('members').map(([key]) => key), [t.key('walt')])
  await write(t, 'walt', 'whole', 0)
  await grant(t, 'rosa', 'reader')
  t.equal(await attack(t, 'rosa', 'spoil'), 'whole')
}

exports['a grant to the owner changes nothing for her'] = async t => {
  await grant(t, 'olga', 'none')
  await grant(t, 'rosa', 'reader')
  t.equal((await read(t, 'olga')).version, 0)
}

exports['taken away and used at once: one of the two comes first'] = async t => {
  await grant(t, 'walt', 'writer')
  const [use, end] = await Promise.allSettled([write(t, 'walt', 'late', 0), grant(t, 'walt', 'none', 1)])
  t.equal(end.status, 'fulfilled')
  t.equal(t.rows('document').length, use.status === 'fulfilled' ? 1 : 0)
  await t.throws(write(t, 'walt', 'x', 1), { message: 'for members alone' })
}
