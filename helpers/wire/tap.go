package wire

import (
	"context"
	"fmt"
	"regexp"

	"github.com/labproof/labproof/helpers/hypervisor"
)

// Tap listens on an interface of the node, such as tap102i0, and cannot send.
type Tap struct{ *ear }

// interfaceName is what Linux and Proxmox call interfaces; nothing else goes into a command.
var interfaceName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,14}$`)

// Listen listens on an interface of the node. It ends with ctx, too.
func Listen(ctx context.Context, shell *hypervisor.Shell, name string, limits Limits) (*Tap, error) {
	if !interfaceName.MatchString(name) {
		return nil, fmt.Errorf("listening on the wire: %q is no interface's name", name)
	}
	link, _, err := start(ctx, shell, limits.orDefault(), "listen", name)
	if err != nil {
		return nil, err
	}
	return NewTap(link), nil
}

// NewTap listens on any link.
func NewTap(link Link) *Tap {
	t := &Tap{newEar(link)}
	go t.listen(func(seen) {})
	return t
}
