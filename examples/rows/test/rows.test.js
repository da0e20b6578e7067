const owner = { program: './owner.js', by: 'root' }
const client = (by, NUMBER, TEXT) => ({ program: './client.js', by, bound: true, define: { NUMBER, TEXT } })
const attack = by => ({ program: './test/attack.js', by, bound: true })

exports['each key has a row'] = async t => {
  t.equal(await t.send([owner, client('bob', 1, 'of Bob')]), '')
  t.equal(await t.send([owner, client('carol', 1, 'of Carol')]), '')
  t.equal(await t.send([owner, client('bob', 2, 'new')]), 'of Bob')
  t.equal(new Map(t.rows('rows')), new Map([
    [t.key('bob'), { number: 2, text: 'new' }],
    [t.key('carol'), { number: 1, text: 'of Carol' }],
  ].sort()))
}

exports['a copy of an older program does nothing, and tells nothing'] = async t => {
  const first = [owner, client('bob', 1, 'old')]
  await t.send(first)
  await t.throws(t.send(first), { message: 'has to be above 1' })
  await t.send([owner, client('bob', 5, 'new')])
  await t.throws(t.send(first), { message: 'has to be above 5' })
  await t.throws(t.send(first, 'another input'), { message: 'has to be above 5' })
  await t.throws(t.send([...first, { program: './test/attack.js' }]), { message: 'has to be above 5' })
  t.equal(t.rows('rows'), [[t.key('bob'), { number: 5, text: 'new' }]])
}

exports['sent twice at once, it counts once'] = async t => {
  const links = [owner, client('bob', 1, 'once')]
  const ends = await Promise.allSettled([t.send(links), t.send(links), t.send(links)])
  t.equal(ends.filter(end => end.status === 'fulfilled').length, 1)
}

exports['whose row it is, is never open'] = async t => {
  await t.throws(t.send([owner]), { message: 'add a program' })
  await t.throws(t.send([owner, { ...client('bob', 1, 'x'), by: [] }]), { message: 'not 0' })
  await t.throws(t.send([owner, { ...client('bob', 1, 'x'), by: ['bob', 'mallory'] }]), { message: 'not 2' })
  await t.throws(t.send([owner, { ...client('bob', 1, 'x'), by: ['mallory', 'bob'] }]), { message: 'not 2' })
  t.equal(t.rows('rows'), [])
}

exports['a plain signature is not enough'] = async t => {
  await t.throws(t.send([owner, { ...client('bob', 1, 'x'), bound: false }]), { message: '--bind' })
}

exports['nothing but the owner\'s program makes rows'] = async t => {
  await t.throws(t.send([{ ...owner, by: 'mallory' }, client('mallory', 1, 'x')]), { code: 'root_not_signed' })
}

exports['hostile arguments'] = async t => {
  t.equal(await t.send([owner, attack('mallory')], 'numbers'), 0)
  t.equal([t.rows('rows'), t.rows('counts')], [[], []], 'what was refused takes no room')
  t.equal(await t.send([owner, attack('mallory')], 'texts'), [0, '', 0])
  t.equal(await t.send([owner, attack('eve')], 'change'), 0)
}

exports['what fails half-way leaves nothing'] = async t => {
  await t.throws(t.send([owner, attack('bob')], 'half'), { message: 'on purpose' })
  t.equal([t.rows('rows'), t.rows('counts')], [[], []])
  t.equal(await t.send([owner, client('bob', 1, 'whole')]), '')
}

exports['an error can tell nothing but the signer\'s own'] = async t => {
  await t.send([owner, client('bob', 1, 'secret')])
  t.equal((await t.throws(t.send([owner, attack('mallory')], 'tell'))).message, '')
}

exports['strangers fill ROWS rows, and not the disk'] = async t => {
  const small = { ...owner, define: { ROWS: 2 } }
  await t.send([small, client('bob', 1, 'x')])
  await t.send([small, client('carol', 1, 'x')])
  await t.throws(t.send([small, client('mallory', 1, 'x')]), { message: 'no room' })
  t.equal(await t.send([small, client('bob', 2, 'y')]), 'x')
}
