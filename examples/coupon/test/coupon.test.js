const owner = t => ({ program: './owner.js', by: 'root', define: { SHOP: t.key('shop') } })
const coupon = (SERIAL, POINTS = 10) => ({ program: './shop.js', by: 'shop', bound: true, define: { SERIAL, POINTS } })
const holder = { program: './holder.js' }
const attack = { program: './test/attack.js' }

exports['a coupon works once, for whoever holds it'] = async t => {
  const links = [owner(t), coupon('1'), holder]
  t.equal(await t.send(links, 'ann'), { coupon: '1', points: 10 })
  await t.throws(t.send(links, 'ann'), { message: 'has been used' })
  await t.throws(t.send(links, 'ben'), { message: 'has been used' })
  await t.throws(t.send([owner(t), coupon('1'), { ...holder, by: 'ben' }], 'ben'), { message: 'has been used' })
  t.equal(t.rows('points'), [['ann', 10]])
}

exports['the next coupon is another'] = async t => {
  await t.send([owner(t), coupon('1'), holder], 'ann')
  await t.send([owner(t), coupon('2', 5), holder], 'ann')
  t.equal(t.rows('points'), [['ann', 15]])
  t.equal(t.rows('used').map(([, use]) => use.points).sort(), [10, 5])
}

exports['two uses at once: one wins'] = async t => {
  const uses = ['ann', 'ben', 'cid'].map(account => t.send([owner(t), coupon('1'), holder], account))
  const ends = await Promise.allSettled(uses)
  t.equal(ends.map(end => end.status).sort(), ['fulfilled', 'rejected', 'rejected'])
  t.equal(t.rows('points').map(([, points]) => points), [10])
}

exports['once, also within one message'] = async t => {
  t.equal(await t.send([owner(t), coupon('1'), attack], 'twice'), ['a'])
  t.equal(await t.send([owner(t), coupon('2'), attack], 'jobs'), 1)
  t.equal(await t.send([owner(t), coupon('3'), attack], 'late'), { coupon: '3', points: 10 })
  t.equal(t.rows('points'), [['a', 10], ['early', 10], ['job-1', 10]])
}

exports['hostile arguments redeem nothing'] = async t => {
  t.equal(await t.send([owner(t), coupon('1'), attack], 'again'), 0)
  t.equal(await t.send([owner(t), coupon('1'), attack], 'accounts'), 0)
  t.equal([t.rows('points'), t.rows('used')], [[], []])
}

exports['it is worth what the shop said'] = async t => {
  t.equal(await t.send([owner(t), coupon('1', 7), attack], 'more'), 'undefinedfalsefalse')
  t.equal(t.rows('points'), [['a', 7]])
}

exports['a message that fails leaves the coupon as it was'] = async t => {
  await t.throws(t.send([owner(t), coupon('1'), attack], 'fail'), { message: '"points":10' })
  t.equal([t.rows('points'), t.rows('used')], [[], []])
  await t.send([owner(t), coupon('1'), holder], 'ann')
}

exports['a coupon alone is not used up'] = async t => {
  await t.throws(t.send([owner(t), coupon('1')]), { message: 'this is a coupon' })
  await t.send([owner(t), coupon('1'), holder], 'ann')
}

exports['nobody else makes coupons'] = async t => {
  const links = by => [owner(t), { ...coupon('1'), ...by }, holder]
  await t.throws(t.send([owner(t)]), { message: 'for the shop alone' })
  await t.throws(t.send(links({ by: [] }), 'a'), { message: 'for the shop alone' })
  await t.throws(t.send(links({ by: 'mallory' }), 'a'), { message: 'for the shop alone' })
  await t.throws(t.send(links({ bound: false }), 'a'), { message: 'for the shop alone' }, 'a signature that holds anywhere')
  await t.throws(t.send([owner(t), holder], 'a'), { message: 'for the shop alone' })
}

exports['a careless shop is held to the same'] = async t => {
  const careless = POINTS => ({ program: './test/shop-careless.js', by: 'shop', bound: true, define: { POINTS } })
  t.equal(await t.send([owner(t), careless(100), attack], 'twice'), ['a'])
  for (const points of [101, -5, 0, 0.5, '10', null, { valueOf: 10 }]) {
    await t.throws(t.send([owner(t), careless(points), holder], 'a'), { message: '1 to 100 points' })
  }
  t.equal(t.rows('points'), [['a', 100]])
}

exports['another shop\'s coupon of the same text is another coupon'] = async t => {
  const other = { program: './owner.js', by: 'root', define: { SHOP: t.key('other') } }
  await t.send([owner(t), coupon('1'), holder], 'ann')
  await t.send([other, { ...coupon('1'), by: 'other' }, holder], 'ann')
  t.equal(t.rows('points'), [['ann', 20]])
}
