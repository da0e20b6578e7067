package mail

import (
	"qvat/host/caps"
	"qvat/host/mail/letter"
	"qvat/host/mail/slotted"
)

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
	Peer           = caps.Peer
	NameChange     = caps.NameChange
	Slot           = slotted.Slot

	Kind   = letter.Kind
	Sealed = letter.Sealed
	Text   = letter.Text
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

	KindPackage = letter.KindPackage
	KindRequest = letter.KindRequest
	KindReply   = letter.KindReply
	KindValue   = letter.KindValue
	KindReceipt = letter.KindReceipt

	StateNew      = caps.StateNew
	StateResolved = caps.StateResolved
	StateRejected = caps.StateRejected
)

// ParseID is [caps.ParseID].
func ParseID(s string) (ID, error) { return caps.ParseID(s) }

// ParseLocator is [caps.ParseLocator].
func ParseLocator(s string) (Locator, error) { return caps.ParseLocator(s) }

// CheckName is [caps.CheckName].
func CheckName(name string) error { return caps.CheckName(name) }

// ParseText is [letter.Parse].
func ParseText(text string) (Text, error) { return letter.Parse(text) }
