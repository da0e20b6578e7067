// Workload W, on which peers were measured: for the vat, `get` is a power and the
// argument, a text, is the input. The work is the same.
const FIELDS = {
  id: 'number', user: 'string', email: 'string', amount: 'number',
  currency: 'string', items: 'object', tags: 'object', ts: 'number',
  active: 'boolean', note: 'string',
};
function fail(field, why) {
  throw new TypeError('invalid ' + field + ': ' + why);
}
function validate(o) {
  for (const k of Object.keys(FIELDS)) {
    if (!(k in o)) fail(k, 'missing');
    if (typeof o[k] !== FIELDS[k]) fail(k, 'want ' + FIELDS[k]);
  }
  if (!Number.isInteger(o.id) || o.id < 0) fail('id', 'not a natural number');
  if (!/^[^@\s]+@[^@\s]+\.[a-z]+$/.test(o.email)) fail('email', 'format');
  if (o.currency.length !== 3) fail('currency', 'length');
  if (!Array.isArray(o.items) || o.items.length !== 100) fail('items', 'length');
  if (!o.tags.every((t) => typeof t === 'string')) fail('tags', 'strings');
  if (o.note.length > 200) fail('note', 'too long');
  return o;
}
function total(items) {
  let sum = 0;
  for (let i = 0; i < items.length; i++) sum += items[i];
  return sum;
}
module.exports = function main({ power, input }) {
  const o = validate(JSON.parse(input));
  const sum = total(o.items);
  const tier = power.get('tier:' + o.user);
  return {
    id: o.id, sum, tier,
    label: `${o.user} <${o.email}>`.toUpperCase(),
    total: Math.round((sum + o.amount) * 100) / 100,
    tags: o.tags.map((t) => t.trim()).sort().join(','),
    when: new Date(o.ts).toISOString(), ok: o.active === true,
  };
};
