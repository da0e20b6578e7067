// Date for a package that takes the time for a seed, or counts how fast it is called: here now() stands still.
module.exports = class extends Date {
  static now() { return 0 }
}
