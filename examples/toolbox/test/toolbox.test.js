const owner = { program: './owner.js', by: 'root' }
const ask = t => t.send([owner, { program: './agent.js' }])
const attack = (t, name, by = []) => t.send([owner, { program: './test/attack.js', by }], name)
const fill = t => t.send([{ program: './test/fill.js', by: 'root' }])
const notes = t => t.rows('notes').filter(([key]) => key !== 'count').map(([, text]) => text)

exports['the code answers, with what it found'] = async t => {
  t.equal(await ask(t), 'I do not know.')
  await fill(t)
  t.equal(await ask(t), 'The lake is 12 metres deep.')
  t.equal(notes(t), ['Somebody asked how deep the lake is. I found nothing.'])
}

exports['it has two tools, and nothing else'] = async t => {
  const [power, last, input, globals, ...rest] = JSON.parse(await attack(t, 'look'))
  t.equal([power, last, input, globals], [['search', 'note'], true, 'look', []])
  t.equal(rest, Array(6).fill(false))
  t.equal(JSON.parse(await attack(t, 'climb')), [false, false, ['length', 'name'], false, false])
}

exports['signed or not, it has the same'] = async t => {
  for (const by of [[], ['root'], ['bob', 'mallory']]) t.equal(JSON.parse(await attack(t, 'look', by))[0], ['search', 'note'])
}

exports['twenty calls'] = async t => {
  t.equal(await attack(t, 'calls'), '20 false')
  t.equal(notes(t).length, 10)
}

exports['a hundred notes in all'] = async t => {
  for (let n = 0; n < 10; n++) await attack(t, 'calls')
  t.equal(notes(t).length, 100)
  t.equal(await attack(t, 'calls'), '0 false')
}

exports['hostile arguments'] = async t => {
  await fill(t)
  t.equal(await attack(t, 'hostile'), '0 0')
  t.equal(await attack(t, 'words'), '5 0 0')
  t.equal(notes(t), [])
}

exports['after its answer it is over'] = async t => {
  t.equal(await attack(t, 'late'), 'done')
  t.equal(notes(t), ['late 0'], 'what came before the answer was here')
}

exports['what it hands on is no more than it has'] = async t => {
  t.equal(await t.send([owner, { program: './test/attack.js' }, { program: './agent.js' }]), 'I do not know.')
}

exports['what it computes has an end, and then nothing is left of it'] = async t => {
  for (const name of ['spin', 'jobs', 'regexp', 'sort', 'memory', 'deep', 'wait']) {
    const error = await t.throws(attack(t, name))
    t.ok(/^(out_of_(fuel|memory|time)|stack_overflow|never_settled)$/.test(error.code), `${name}: ${error.code}: ${error.message}`)
  }
  t.equal(t.rows('notes'), [])
  t.equal(await ask(t), 'I do not know.', 'the next message')

  t.equal((await t.throws(attack(t, 'spin'))).code, 'out_of_fuel')
  t.equal(t.fuel, 20_000_000, 'what vat.toml says')
}

exports['an answer is a text'] = async t => {
  for (const name of ['object', 'function', 'large', 'nothing']) await t.throws(attack(t, name), { message: 'an answer is a text' })
  await t.throws(attack(t, 'proxy'), { message: 'a proxy' })
  t.equal(await attack(t, 'thenable'), 'by a thenable')
}

exports['without code there is nothing'] = async t => {
  await t.throws(t.send([owner]), { message: 'add the code' })
  await t.throws(t.send([{ ...owner, by: 'mallory' }, { program: './agent.js' }]), { code: 'root_not_signed' })
}
