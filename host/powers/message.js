// The guest half of qvat:message. There is no message yet when this text is
// evaluated, so each is asked for when it is read.
module.exports = {
  get id() { return host('id'); },
  get signers() { return host('signers'); },
  get arrived() { return host('arrived'); },
};
