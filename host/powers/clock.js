// The guest half of qvat:clock.
exports.now = () => host('now');
