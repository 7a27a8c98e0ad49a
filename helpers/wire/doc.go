// Package wire looks at the VMs of a bridge from the wire: by packets of its own and by
// what it hears, with no password of any guest.
//
// A Port is a tap on the bridge, as QEMU makes one for a VM's card, and this package is
// the VM behind it. Its far end is a file, not an interface: the node's own network stack
// never sees a frame of it, whatever the node forwards or filters, and nothing has to be
// hidden in a network namespace. It is not persistent: the kernel removes it when the
// process that opened it ends, be it killed or cut off, so that nothing can be left behind.
// The process is a short Perl script (Proxmox is written in Perl) that shuttles frames over
// the node's SSH; `tcpdump`, `arping` and Python may be missing. Node and bridge keep their
// addresses, their MTU and their MACs.
//
// A Tap listens on an interface of the node and cannot send: a bridge shows a port only
// what is for everybody or for that port, so what a VM says to its router is seen on the
// VM's own tap (tap102i0).
//
// A VM believes what its network tells it. So that nothing is spoilt for the others, a Port
// asks who has an address by ARP probes, which no host puts into its cache (RFC 5227), and
// speaks only under addresses that nobody answered for. What remains in a VM is a neighbour
// entry for such an address, which expires. An answer that a VM sends to its router, as it
// does to a source outside its network, may travel on as far as routers forward it; the
// sources are unused addresses near the VM's own and one of TEST-NET-1 (RFC 5737).
//
// Everything is bounded, since what a VM sends is hostile until it is read: the frames that
// are kept, their size, the lists in a result, and every wait. A bridge so noisy that
// frames were lost gives ErrFlood, never a verdict.
package wire
