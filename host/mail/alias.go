package mail

import "qvat/host/caps"

// What package caps has, under the names by which callers know it until they name
// that package themselves.
type (
	Key            = caps.Key
	ID             = caps.ID
	Type           = caps.Type
	Locator        = caps.Locator
	Code           = caps.Code
	Error          = caps.Error
	Entry          = caps.Entry
	Thing          = caps.Thing
	ChainInfo      = caps.ChainInfo
	PromiseInfo    = caps.PromiseInfo
	InvitationInfo = caps.InvitationInfo
)

const (
	TypeHandle     = caps.TypeHandle
	TypeAgent      = caps.TypeAgent
	TypeValue      = caps.TypeValue
	TypeDirectory  = caps.TypeDirectory
	TypeChain      = caps.TypeChain
	TypePromise    = caps.TypePromise
	TypeInvitation = caps.TypeInvitation
	TypeNode       = caps.TypeNode

	NotFound  = caps.NotFound
	BadName   = caps.BadName
	Refused   = caps.Refused
	Full      = caps.Full
	BadSeal   = caps.BadSeal
	Replayed  = caps.Replayed
	Expired   = caps.Expired
	Used      = caps.Used
	Wrong     = caps.Wrong
	Elsewhere = caps.Elsewhere
	Failed    = caps.Failed
	Busy      = caps.Busy

	NameSelf  = caps.NameSelf
	NameHost  = caps.NameHost
	NameAgent = caps.NameAgent
	NameInbox = caps.NameInbox
	NameNode  = caps.NameNode

	StateNew      = caps.StateNew
	StateResolved = caps.StateResolved
	StateRejected = caps.StateRejected
)

// ParseKey is [caps.ParseKey].
func ParseKey(s string) (Key, error) { return caps.ParseKey(s) }

// ParseID is [caps.ParseID].
func ParseID(s string) (ID, error) { return caps.ParseID(s) }

// ParseLocator is [caps.ParseLocator].
func ParseLocator(s string) (Locator, error) { return caps.ParseLocator(s) }

// CheckName is [caps.CheckName].
func CheckName(name string) error { return caps.CheckName(name) }

// Like is [caps.Like].
func Like(a, b string) bool { return caps.Like(a, b) }
