// The guest half of qvat:files. Each method is one call of the host, which
// checks what it is given.
exports.read = path => host('read', path);
exports.readBytes = path => host('readBytes', path);
exports.write = (path, text) => host('write', path, text);
exports.writeBytes = (path, base64) => host('writeBytes', path, base64);
exports.append = (path, text) => host('append', path, text);
exports.list = (path = '.') => host('list', path);
exports.stat = path => host('stat', path);
exports.mkdir = path => host('mkdir', path);
exports.remove = path => host('remove', path);
