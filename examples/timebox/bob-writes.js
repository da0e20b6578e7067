// Signed by Bob: writes TEXT into the diary.
exports.main = ({ power }) => power.write(TEXT)
