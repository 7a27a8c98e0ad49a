package ledger

import "time"

// Kind is what was made. The order of teardown follows from it.
type Kind string

// The kinds of things labproof makes.
const (
	Gateway  Kind = "gateway"  // a VM between two groups
	Clone    Kind = "clone"    // a VM cloned from a template
	Template Kind = "template" // a VM that is, or will be, a template
	Volume   Kind = "volume"   // an uploaded image or ISO, a disk of its own
	Bridge   Kind = "bridge"
	ACL      Kind = "acl"
	Token    Kind = "token"
	User     Kind = "user"
	Group    Kind = "group"
	Role     Kind = "role"
	Pool     Kind = "pool"
	Node     Kind = "node" // an embedded node that was left running
)

// State is how far an entry has come.
type State string

// The states of an entry.
const (
	Intended State = "intended" // about to be made: it may or may not be there
	Made     State = "made"     // the node confirmed it
	Removed  State = "gone"     // the node confirmed that it is no longer there
)

// Entry is one thing that labproof made or was about to make. Target, Node, Kind and
// ID together name it.
type Entry struct {
	Run    string            `json:"run,omitempty"`
	Target string            `json:"target,omitempty"` // the target's URL or name
	Node   string            `json:"node,omitempty"`
	Kind   Kind              `json:"kind"`
	ID     string            `json:"id"`             // VMID, bridge, user id, "path|who|role" of an ACL, volume id
	Mark   string            `json:"mark,omitempty"` // the nonce that the thing itself carries
	Detail map[string]string `json:"detail,omitempty"`

	State State     `json:"state"`
	Time  time.Time `json:"time"` // of the last change
}

// Key names a thing within all ledgers.
type Key struct {
	Target, Node string
	Kind         Kind
	ID           string
}

// Key names the entry's thing.
func (e Entry) Key() Key { return Key{e.Target, e.Node, e.Kind, e.ID} }
