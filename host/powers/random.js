// The guest half of qvat:random.
exports.bytes = n => host('bytes', n);
exports.hex = n => host('hex', n);
exports.uint32 = () => host('uint32');
exports.uuid = () => host('uuid');
