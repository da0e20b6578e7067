// The guest half of qvat:store. Each method is one call of the host, which
// checks what it is given.
const given = query => {
  if (typeof query !== 'object' || query === null) return query;
  const out = {};
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) out[name] = value;
  }
  return out;
};

exports.table = name => {
  if (typeof name !== 'string') throw new TypeError('a table is named by a string');
  return harden({
    get: key => host('get', name, key),
    set: (key, value) => host('set', name, key, value),
    delete: key => host('delete', name, key),
    has: key => host('has', name, key),
    entries: query => query === undefined ? host('entries', name) : host('entries', name, given(query)),
    count: () => host('count', name),
  });
};

exports.sql = (text, ...params) => host('sql', text, ...params);
