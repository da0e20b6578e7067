// The guest half of qvat:log.
const write = level => (message, fields) => fields === undefined ? host(level, message) : host(level, message, fields);
exports.info = write('info');
exports.warn = write('warn');
exports.error = write('error');
