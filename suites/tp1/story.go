package tp1

import (
	"github.com/labproof/labproof/fixtures/student"
	"github.com/labproof/labproof/helpers/guest"
	"github.com/labproof/labproof/helpers/proxmox"
)

// groupStory is what a group's student saw that nobody can see later: refusals, and
// what was true before the next step changed it. A nil part was not seen in this run.
type groupStory struct {
	secondGroup *Refusal
	users       *usersStory
	rights      *rightsStory
	booted      *bootStory
	file        *student.File
	conversion  *student.Conversion
	cloning     *cloneStory
	offline     *guest.PingResult
	bare        *guestNetwork
	bridging    *student.Bridging
	beforeHost  *guest.PingResult // Q13, without an address
	afterHost   *guest.PingResult // Q15, with one
	equalMACs   *student.EqualMACs
	neighbours  *neighbourStory
	withoutHost *lonelyStory
}

type usersStory struct {
	Again   Refusal  `json:"again"`
	LogIns  []string `json:"log_ins"` // the users who logged in
	Refused []string `json:"refused"` // those who could not, with the reason
}

type rightsStory struct {
	Nothing   student.View     `json:"nothing"`  // before any ACL
	VMAdmin   student.View     `json:"vm_admin"` // with PVEVMAdmin on /
	Witness   int              `json:"witness"`  // a VM of the teacher's, to be seen or not
	Tried     student.Attempts `json:"tried"`    // with PVEVMAdmin on / alone
	TriedFull student.Attempts `json:"tried_full"`
}

type bootStory struct {
	Status string `json:"status"`
	System string `json:"system"` // PRETTY_NAME of /etc/os-release
}

type cloneStory struct {
	Full proxmox.Volume `json:"full"` // the disk of a full clone, to compare
	File student.File   `json:"file"` // Q6's file, read in the clone
}

type neighbourStory struct {
	Host   guest.PingResult `json:"host"`   // VM to host
	Second guest.PingResult `json:"second"` // the second VM to the host
}

type lonelyStory struct {
	Host    guest.PingResult `json:"host"`   // the ping to the host's old address
	Capture []byte           `json:"-"`      // on the VM's NIC while it pinged
	Before  guest.PingResult `json:"before"` // the same ping while the address was there
}

// pairStory is what the first group's student saw on and around the gateway.
type pairStory struct {
	gatewayPings []guest.PingResult // gateway to the four VMs
	vmPings      []guest.PingResult // the four VMs to the gateway
	across       *acrossStory       // Q20, without forwarding
	forwarding   *student.Forwarding
}

// acrossStory is one ping from a VM of the first group to one of the second, seen on
// both NICs of the gateway.
type acrossStory struct {
	Ping      guest.PingResult `json:"ping"`
	Forward   string           `json:"ip_forward"` // at that moment
	Near, Far []byte           `json:"-"`          // captures, also kept as evidence
}
