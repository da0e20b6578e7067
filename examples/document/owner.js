// Signed by OWNER: makes the key MEMBER a ROLE. VERSION is that of the membership
// as it is; 0 for somebody new.
exports.main = ({ power }) => power.grant(MEMBER, ROLE, VERSION)
