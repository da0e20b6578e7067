// The guest half of qvat:mail. Each method is one call of the host, which checks
// what it is given.
const options = given => {
  if (typeof given !== 'object' || given === null) return given;
  const out = {};
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined) out[name] = value;
  }
  return out;
};
const texts = strings => typeof strings === 'string' ? [strings] : strings;

exports.agent = agent => {
  if (typeof agent !== 'string') throw new TypeError('an agent is named by a string');
  const call = (method, ...args) => host(method, agent, ...args);
  return harden({
    info: () => call('info'),
    makeHost: name => call('makeHost', name),
    makeGuest: name => call('makeGuest', name),
    send: (to, strings, edges = [], names = edges) => call('send', to, texts(strings), edges, names),
    request: (to, what, name = '') => call('request', to, what, name),
    resolve: (number, name) => call('resolve', number, name),
    reject: (number, why = '') => call('reject', number, why),
    reply: (number, strings, edges = [], names = edges) => call('reply', number, texts(strings), edges, names),
    dismiss: number => call('dismiss', number),
    adopt: (number, edge, name = '') => call('adopt', number, edge, name),
    messages: (query = {}) => call('messages', options(query)),
    message: number => call('message', number),
    list: (path = '') => call('list', path),
    lookup: name => call('lookup', name),
    thing: name => call('thing', name),
    locate: name => call('locate', name),
    identify: name => call('identify', name),
    names: id => call('names', id),
    move: (from, to) => call('move', from, to),
    copy: (from, to) => call('copy', from, to),
    remove: name => call('remove', name),
    mkdir: name => call('mkdir', name),
    store: (name, value) => call('store', name, value),
    publish: (name, capsule) => call('publish', name, capsule),
    wake: (name, fuel = 0) => call('wake', name, fuel),
    invite: (name, milliseconds = 0) => call('invite', name, milliseconds),
    accept: (locator, name) => call('accept', locator, name),
    log: (query = {}) => call('log', options(query)),
  });
};
