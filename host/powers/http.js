// The guest half of qvat:http.
const given = request => {
  if (typeof request !== 'object' || request === null) return request;
  const out = {};
  for (const [name, value] of Object.entries(request)) {
    if (value !== undefined) out[name] = value;
  }
  return out;
};

exports.send = request => host('send', given(request));

// The host is told when an answer has arrived here: answers come in the order
// of their calls, in a replay as in the first run.
exports.fetch = async request => {
  const { call, answer, error } = await host('fetch', given(request));
  host('settled', call);
  if (error !== undefined) throw new Error(error);
  return answer;
};
