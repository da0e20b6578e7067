const owner = t => ({ program: './owner.js', by: 'root', define: { CLERKS: [t.key('cleo'), t.key('carl')] } })
const clerk = (by, NAME = 'ann', VALUE = 5) => ({ program: './clerk.js', by, bound: true, define: { NAME, VALUE } })
const attack = { program: './test/attack.js', by: 'cleo', bound: true }
const trail = t => t.rows('trail').map(([, { call, arguments: args, result, error }]) => [call, ...args, result ?? { error }])

exports['each call is written down, with its signer'] = async t => {
  t.equal(await t.send([owner(t), clerk('cleo')]), 0)
  t.advance(1000)
  t.equal(await t.send([owner(t), clerk('carl', 'ann', 7)]), 5)
  t.equal(trail(t), [['get', 'ann', '0'], ['set', 'ann', 5, 'nothing'], ['get', 'ann', '5'], ['set', 'ann', 7, 'nothing']])

  const rows = t.rows('trail')
  t.equal(rows.map(([key]) => key), ['000000000001', '000000000002', '000000000003', '000000000004'])
  t.equal(rows.map(([, row]) => row.signers), [[t.key('cleo')], [t.key('cleo')], [t.key('carl')], [t.key('carl')]])
  t.equal(rows.map(([, row]) => row.at - t.now), [-1000, -1000, 0, 0])
  t.ok(/^[0-9a-f]{64}$/.test(rows[0][1].program) && rows[0][1].program !== rows[2][1].program)
}

exports['all signers are'] = async t => {
  await t.send([owner(t), clerk(['carl', 'mallory', 'cleo'])])
  t.equal(t.rows('trail')[0][1].signers, [t.key('cleo'), t.key('carl')])
}

exports['who reads and then fails has read'] = async t => {
  await t.send([owner(t), clerk('cleo')])
  const before = t.log().length
  await t.throws(t.send([owner(t), attack], 'tell'), { message: 'ann has 5' })
  await t.throws(t.send([owner(t), attack], 'hang'), { code: 'never_settled' })
  t.equal(trail(t).length, 2, 'the trail has what took effect')
  t.equal(t.log().slice(before).map(({ fields }) => [fields.call, fields.arguments, fields.signers]), [
    ['get', ['ann'], [t.key('cleo')]],
    ['get', ['ann'], [t.key('cleo')]],
  ], 'the log has all')
}

exports['what is written down is what is done'] = async t => {
  t.equal(await t.send([owner(t), attack], 'change'), 2)
  t.equal(trail(t), [['set', 'ben', 1, 'nothing']])
  t.equal(t.rows('accounts'), [['ben', 1]])
}

exports['a call within a call has a line too'] = async t => {
  await t.send([owner(t), attack], 'again')
  t.equal(trail(t), [['set', 'inner', 1, 'nothing'], ['set', 'outer', 2, 'nothing']])
}

exports['no flood of calls hides one'] = async t => {
  t.equal(await t.send([owner(t), attack], 'flood'), false)
  t.equal(t.log().length, 50)
  t.equal(trail(t).length, 50)
}

exports['what cannot be written down is not done'] = async t => {
  t.equal(await t.send([owner(t), attack], 'strange'), 0)
  t.equal(t.rows('accounts'), [])
}

exports['a failure is written down'] = async t => {
  t.equal(await t.send([owner(t), attack], 'caught'), false)
  t.equal(trail(t), [['set', 'ann', -1, { error: '"an account holds a whole number, from 0 on"' }]])
}

exports['a late call is no secret one'] = async t => {
  t.equal(await t.send([owner(t), attack], 'late'), 'done')
  t.equal(t.rows('accounts').map(([name, value]) => ['set', name, value, 'nothing']), trail(t))
}

exports['for clerks alone'] = async t => {
  await t.throws(t.send([owner(t)]), { message: 'for clerks alone' })
  await t.throws(t.send([owner(t), clerk('mallory')]), { message: 'for clerks alone' })
  await t.throws(t.send([owner(t), clerk([])]), { message: 'for clerks alone' })
  await t.throws(t.send([owner(t), { ...clerk('cleo'), bound: false }]), { message: 'for clerks alone' })
}
