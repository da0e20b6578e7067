// The guest half of qvat:test: what a test gets as `t`. It compares and throws
// here, where the values are; the host makes the vats and sends the messages.
const { is, keys, getPrototypeOf, defineProperty } = Object;
const { ownKeys } = Reflect;

// Each error is made where the test calls, so that its place is the test's.
const fail = (error, message, more = {}) => {
  for (const [name, value] of Object.entries({ ...more, message })) {
    defineProperty(error, name, { value, writable: true, enumerable: name !== 'message' && name !== 'name', configurable: true });
  }
  throw error;
};

const shorten = s => s.length > 200 ? s.slice(0, 200) + '…' : s;
const show = (v, depth = 0) => {
  if (typeof v === 'string') return shorten(JSON.stringify(v));
  if (typeof v === 'bigint') return `${v}n`;
  if (is(v, -0)) return '-0';
  if (typeof v === 'function') return v.name ? `function ${v.name}` : 'a function';
  if (typeof v !== 'object' || v === null) return String(v);
  if (v instanceof Error) return `${v.name}: ${v.message}`;
  if (v instanceof RegExp) return String(v);
  if (v instanceof Date) return `Date ${Number.isNaN(v.getTime()) ? 'invalid' : v.toISOString()}`;
  if (depth > 3) return '…';
  const within = x => show(x, depth + 1);
  if (v instanceof Map) return shorten(`Map { ${[...v].map(([k, x]) => `${within(k)} => ${within(x)}`).join(', ')} }`);
  if (v instanceof Set) return shorten(`Set { ${[...v].map(within).join(', ')} }`);
  if (Array.isArray(v) || ArrayBuffer.isView(v)) return shorten(`[${Array.from(v, within).join(', ')}]`);
  const name = k => /^[A-Za-z_$][\w$]*$/.test(k) ? k : JSON.stringify(k);
  return shorten(`{ ${keys(v).map(k => `${name(k)}: ${within(v[k])}`).join(', ')} }`.replace('{  }', '{}'));
};

const step = (path, key) => typeof key === 'symbol' || !/^[A-Za-z_$][\w$]*$/.test(key)
  ? `${path}[${/^\d+$/.test(String(key)) ? String(key) : show(String(key))}]` : `${path}.${key}`;

// differ gives where two values differ first, and how; undefined where they do
// not. above are the pairs that enclose them.
const differ = (a, b, path, above) => {
  if (is(a, b)) return undefined;
  const found = { path, got: show(a), want: show(b) };
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return found;
  if (getPrototypeOf(a) !== getPrototypeOf(b)) return found;
  if (above.some(([x, y]) => x === a && y === b)) return undefined;
  const on = [...above, [a, b]];
  if (a instanceof Date) return is(a.getTime(), b.getTime()) ? undefined : found;
  if (a instanceof RegExp) return String(a) === String(b) ? undefined : found;
  if (a instanceof Error && (a.name !== b.name || a.message !== b.message)) return found;
  if (a instanceof Map || a instanceof Set) {
    if (a.size !== b.size) return found;
    const [xs, ys] = [[...a], [...b]];
    return xs.map((x, i) => differ(x, ys[i], `${path}<${i}>`, on)).find(d => d !== undefined);
  }
  const list = Array.isArray(a);
  const named = o => ownKeys(o).filter(k => !list || k !== 'length');
  const names = named(a);
  const others = named(b);
  for (const k of names) {
    if (!others.includes(k)) return { path: step(path, k), got: show(a[k]), want: 'nothing there' };
    const d = differ(a[k], b[k], step(path, k), on);
    if (d !== undefined) return d;
  }
  const more = others.find(k => !names.includes(k));
  if (more !== undefined) return { path: step(path, more), got: 'nothing there', want: show(b[more]) };
  return list ? differ(a.length, b.length, `${path}.length`, on) : undefined;
};

const noted = (note, text) => note === undefined ? text : `${note}: ${text}`;

exports.equal = (actual, expected, note) => {
  const d = differ(actual, expected, '', []);
  if (d === undefined) return;
  fail(new Error(), noted(note, `${d.path === '' ? '' : `at ${d.path} `}got ${d.got}, want ${d.want}`));
};

exports.ok = (value, note) => {
  if (!value) fail(new Error(), noted(note, `got ${show(value)}, want something true`));
};

const settle = async what => {
  try {
    return { value: await (typeof what === 'function' ? what() : what) };
  } catch (error) {
    return { error, threw: true };
  }
};

exports.throws = async (what, expected = {}) => {
  const here = new Error();
  const { threw, value, error } = await settle(what);
  if (!threw) fail(here, `nothing was thrown: got ${show(value)}`);
  const { code, message } = expected;
  if (code !== undefined && error?.code !== code) {
    fail(here, `got an error with the code ${show(error?.code)}, want ${show(code)}; it says ${show(error?.message)}`);
  }
  const text = String(error?.message);
  if (message instanceof RegExp ? !message.test(text) : message !== undefined && !text.includes(message)) {
    fail(here, `got an error that says ${show(text)}, want ${show(message)}`);
  }
  return error;
};

// ask gives the host's answer, whose failure is an error made by the caller.
const ask = async (here, answer) => {
  const { error, value } = await answer;
  return error === undefined ? value : fail(here, error.message, error);
};

exports.send = (links, input) => ask(new Error(), input === undefined ? host('send', links) : host('send', links, input));
exports.chain = links => ask(new Error(), host('chain', links));
exports.requests = () => ask(new Error(), host('requests'));
exports.key = name => host('key', name);
exports.log = () => host('log');
exports.rows = table => host('rows', table);
exports.advance = milliseconds => host('advance', milliseconds);
exports.answer = (...answers) => host('answer', answers);
for (const name of ['root', 'fuel', 'now']) {
  defineProperty(exports, name, { enumerable: true, get: () => host(name) });
}
