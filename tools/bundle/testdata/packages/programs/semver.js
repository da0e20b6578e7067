// semver: comparison, ranges, increments.
const semver = require('semver')

exports.main = async () => {
  const list = ['1.2.10', '1.2.9', '2.0.0-beta.2', '2.0.0-beta.10', '2.0.0', '0.9.9+build.7']
  return {
    sorted: semver.sort([...list]),
    reversed: semver.rsort([...list]).slice(0, 2),
    parsed: { ...semver.parse('v1.2.3-rc.1+sha.5') , },
    cleaned: [semver.clean(' =v1.2.3 '), semver.valid('1.2'), semver.coerce('a 1.2 b').version, semver.coerce('x')],
    satisfies: [['1.2.10', '^1.2.3'], ['2.0.0', '~1.2'], ['2.0.0-beta.2', '>=1.9.0'], ['1.5.0', '1.2 - 1.6 || >3']].map(a => semver.satisfies(...a)),
    best: [semver.maxSatisfying(list, '^1.0.0'), semver.minSatisfying(list, '*'), semver.minVersion('>1.2.3-a').version],
    ranges: [semver.validRange('^1.2 || ~2.3.4 <9'), new semver.Range('>=1.2.3 <2 || 3.x').range, semver.intersects('^1.2', '>=1.9 <3'), semver.subset('~1.2.3', '^1.0.0'), semver.gtr('3.0.0', '^1.0.0')],
    simpler: semver.simplifyRange(['1.0.0', '1.1.0', '1.2.0', '2.0.0'], '1.0.0 || 1.1.0 || 1.2.0'),
    increments: ['major', 'minor', 'patch', 'prerelease', 'premajor'].map(k => semver.inc('1.2.3-beta.4', k, 'beta')),
    differences: [semver.diff('1.2.3', '1.3.0'), semver.compare('1.0.0', '1.0.0-a'), semver.major('4.5.6'), semver.prerelease('1.0.0-a.1')],
  }
}
