// The guest half of qvat:mail. Each function is one call of the host, which checks
// what it is given; what can be called is the host's to say.
const defined = given => {
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
    // FUNCTIONS
  });
};
