const owner = t => ({ program: './owner.js', by: 'root', define: { BOB: t.key('bob') } })
const bob = (t, GRANT = 'carol-1') => ({ program: './bob.js', by: 'bob', bound: true, define: { CAROL: t.key('carol'), GRANT } })
const carol = t => ({ program: './carol.js', by: 'carol', bound: true, define: { DAVE: t.key('dave') } })
const dave = { program: './dave.js', by: 'dave', bound: true }
const attack = by => ({ program: './test/attack.js', by, bound: true })
const takeBack = (t, GRANT = 'carol-1') => t.send([owner(t), { program: './bob-ends.js', by: 'bob', bound: true, define: { GRANT } }])
const gone = { message: 'this was taken back' }

exports['given, and taken back'] = async t => {
  t.equal(await t.send([owner(t), bob(t), carol(t)]), true)
  await takeBack(t)
  await t.throws(t.send([owner(t), bob(t), carol(t)]), gone)
  t.equal(t.rows('lamp'), [['on', true]])
}

exports['what the receiver passed on goes with it'] = async t => {
  const links = [owner(t), bob(t), carol(t), dave]
  await t.send(links)
  await takeBack(t)
  await t.throws(t.send(links), gone)
}

exports['the owner takes back Bob\'s own, and all goes'] = async t => {
  const links = [owner(t), bob(t), carol(t)]
  await t.send(links)
  await t.send([{ program: './owner-ends.js', by: 'root', define: { BOB: t.key('bob') } }])
  await t.throws(t.send(links), gone)
  await t.throws(t.send([owner(t), attack('bob')], 'keep'), gone)
}

exports['the other grants stay'] = async t => {
  await takeBack(t, 'carol-2')
  t.equal(await t.send([owner(t), bob(t), carol(t)]), true)
  await takeBack(t, 'carol')
  t.equal(await t.send([owner(t), bob(t), carol(t)]), false)
}

exports['what is sent again gives nothing back'] = async t => {
  const grant = [owner(t), bob(t), carol(t)]
  await takeBack(t)
  await takeBack(t)
  await t.throws(t.send(grant), gone)
  await t.throws(t.send(grant, 'another input'), gone)
  // A new grant has a new name, and the old end of the old one is no end to it.
  t.equal(await t.send([owner(t), bob(t, 'carol-2'), carol(t)]), true)
  await takeBack(t)
  t.equal(await t.send([owner(t), bob(t, 'carol-2'), carol(t)]), false)
}

exports['nothing of it works, and nothing can be done with it'] = async t => {
  await takeBack(t)
  const ends = await t.send([owner(t), bob(t), attack('carol')], 'all')
  t.equal(ends, [gone.message, gone.message, gone.message, gone.message])
  t.equal(t.rows('ended').map(([path]) => path), [`bob-${t.key('bob')}/carol-1`])
}

exports['a message that keeps a grant loses it with the rest'] = async t => {
  const ends = await t.send([owner(t), bob(t), attack('carol')], 'keep')
  t.equal(ends, Array(6).fill(gone.message))
}

exports['no name leads out of one\'s own'] = async t => {
  t.equal(await t.send([owner(t), bob(t), attack('carol')], 'names'), [0, 0])
  t.equal(t.rows('ended'), [])
}

exports['Carol takes back what is hers to give, and no more'] = async t => {
  await t.send([owner(t), bob(t), carol(t), attack('dave')], 'keep')
  t.equal(t.rows('ended').map(([path]) => path), [`bob-${t.key('bob')}/carol-1/dave-1/kept`])
  t.equal(await t.send([owner(t), bob(t), carol(t)]), false)
}

exports['used and taken back at once: one of the two comes first, and it stays gone'] = async t => {
  const links = [owner(t), bob(t), carol(t)]
  const [use, end] = await Promise.allSettled([t.send(links), takeBack(t)])
  t.equal(end.status, 'fulfilled')
  t.equal(t.rows('lamp').length, use.status === 'fulfilled' ? 1 : 0)
  await t.throws(t.send(links), gone)
}

exports['a path that is too long is no grant'] = async t => {
  t.equal(await t.send([owner(t), bob(t), attack('carol')], 'deep'), true)
}

exports['the lamp takes true and nothing like it'] = async t => {
  t.equal(await t.send([owner(t), bob(t), attack('carol')], 'turn'), Array(7).fill(false))
}

exports['a chain cut short, or with other signers, gives nothing'] = async t => {
  await t.throws(t.send([owner(t)]), { message: 'for Bob alone' })
  await t.throws(t.send([owner(t), bob(t)]), { message: 'for Carol alone' })
  await t.throws(t.send([owner(t), carol(t)]), { message: 'for Bob alone' })
  await t.throws(t.send([owner(t), bob(t), { ...carol(t), by: 'mallory' }]), { message: 'for Carol alone' })
  await t.throws(t.send([owner(t), bob(t), { ...carol(t), bound: false }]), { message: 'for Carol alone' })
  await t.throws(t.send([owner(t), bob(t), carol(t), { ...dave, by: 'carol' }]), { message: 'for Dave alone' })
  await t.throws(t.send([owner(t), bob(t), carol(t), { ...dave, bound: false }]), { message: 'for Dave alone' })
  await t.throws(t.send([owner(t), { ...bob(t), bound: false }, carol(t)]), { message: 'for Bob alone' })
  const end = { program: './bob-ends.js', by: 'mallory', bound: true, define: { GRANT: 'carol-1' } }
  await t.throws(t.send([owner(t), end]), { message: 'for Bob alone' })
}
