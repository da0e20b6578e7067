const owner = (t, BUDGET = 100) => ({ program: './owner.ts', by: 'root', define: { BOB: t.key('bob'), BUDGET } })
const bob = (t, SHARE = 30) => ({ program: './bob.ts', by: 'bob', bound: true, define: { CAROL: t.key('carol'), SHARE } })
const pay = (by, PAYMENT, AMOUNT) => ({ program: './pay.ts', by, bound: true, define: { PAYMENT, TO: 'ann', AMOUNT } })
const attack = { program: './test/attack.js', by: 'carol', bound: true }
const paid = t => t.rows('payments').reduce((sum, [, { amount }]) => sum + amount, 0)

exports['what is spent is gone'] = async t => {
  t.equal(await t.send([owner(t), pay('bob', 'one', 60)]), 40)
  await t.throws(t.send([owner(t), pay('bob', 'two', 41)]), { message: '41 is more than the 40 that are left' })
  t.equal(await t.send([owner(t), pay('bob', 'three', 40)]), 0)
  t.equal(paid(t), 100)
}

exports['what is handed on is a part, not a copy'] = async t => {
  t.equal(await t.send([owner(t), bob(t), pay('carol', 'one', 20)]), 10)
  await t.throws(t.send([owner(t), bob(t), pay('carol', 'two', 11)]), { message: 'than the 10' })
  t.equal(await t.send([owner(t), pay('bob', 'one', 75)]), 5)
  await t.throws(t.send([owner(t), bob(t), pay('carol', 'two', 6)]), { message: 'than the 5' })
  t.equal(t.rows('payments'), [
    [`${t.key('bob')}/carol/one`, { to: 'ann', amount: 20 }],
    [`${t.key('bob')}/one`, { to: 'ann', amount: 75 }],
  ])
}

exports['sent again, it pays nothing'] = async t => {
  const links = [owner(t), bob(t), pay('carol', 'one', 5)]
  await t.send(links)
  await t.throws(t.send(links), { message: 'one has been paid' })
  await t.throws(t.send(links, 'another input'), { message: 'one has been paid' })
  await t.throws(t.send([...links, { program: './test/attack.js' }]), { message: 'one has been paid' })
  t.equal(paid(t), 5)
}

exports['two payments at once, for one of which there is money'] = async t => {
  const ends = await Promise.allSettled([t.send([owner(t), pay('bob', 'a', 60)]), t.send([owner(t), pay('bob', 'b', 60)])])
  t.equal(ends.map(end => end.status).sort(), ['fulfilled', 'rejected'])
  t.equal(paid(t), 60)
}

exports['another limit does not forget what was spent'] = async t => {
  await t.send([owner(t), bob(t), pay('carol', 'one', 30)])
  await t.throws(t.send([owner(t), bob(t, 20), pay('carol', 'two', 1)]), { message: 'than the 0' })
  t.equal(await t.send([owner(t), bob(t, 40), pay('carol', 'two', 1)]), 9)
}

exports['hostile arguments'] = async t => {
  const links = [owner(t), bob(t), attack]
  t.equal(await t.send(links, 'amounts'), 0)
  t.equal(await t.send(links, 'limits'), 0)
  t.equal(await t.send(links, 'names'), [0, 0])
  t.equal(await t.send(links, 'again'), 30)
  t.equal([t.rows('payments'), t.rows('spent')], [[], []])
}

exports['no way of splitting a budget makes it larger'] = async t => {
  t.equal(await t.send([owner(t), bob(t), attack], 'parts'), [30, true, false, 10, 10])
  t.equal(paid(t), 20)
}

exports['one part under one name'] = async t => {
  t.equal(await t.send([owner(t), bob(t), attack], 'twice'), [0, false])
  t.equal(paid(t), 20)
}

exports['a failure that is caught took nothing, and gave nothing'] = async t => {
  t.equal(await t.send([owner(t), bob(t), attack], 'caught'), 1)
  t.equal(paid(t), 1)
}

exports['a purse that is too deep pays nothing'] = async t => {
  t.equal(await t.send([owner(t), bob(t), attack], 'deep'), [false, 30])
  t.equal(t.rows('payments'), [])
}

exports['a chain cut short, or with other signers, gives nothing'] = async t => {
  await t.throws(t.send([owner(t)]), { message: 'for Bob alone' })
  await t.throws(t.send([owner(t), bob(t)]), { message: 'for Carol alone' })
  await t.throws(t.send([owner(t), pay('carol', 'x', 1)]), { message: 'for Bob alone' })
  await t.throws(t.send([owner(t), bob(t), pay('mallory', 'x', 1)]), { message: 'for Carol alone' })
  await t.throws(t.send([owner(t), bob(t), { ...pay('carol', 'x', 1), bound: false }]), { message: 'for Carol alone' })
  await t.throws(t.send([owner(t), { ...bob(t), bound: false }, pay('carol', 'x', 1)]), { message: 'for Bob alone' })
  await t.throws(t.send([owner(t), { ...bob(t, 1000), by: 'carol' }, pay('carol', 'x', 1)]), { message: 'for Bob alone' })
}
