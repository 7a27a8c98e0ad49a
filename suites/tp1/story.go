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
	forwarding *student.Forwarding
}
