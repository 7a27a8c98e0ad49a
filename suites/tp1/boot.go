package tp1

import (
	"context"
	"maps"
	"slices"

	"github.com/labproof/labproof/helpers/linuxnet"
)

// readBoot finds what will switch forwarding on at the next boot.
func (l *routingLook) readBoot(ctx context.Context, p *Pair) (err error) {
	if l.Files, err = p.Node.files(ctx, p.Gateway, slices.Concat(sysctlFiles, interfacesFiles)...); p.Node.hidden(err) {
		l.Unread = true
		return nil
	}
	if err != nil {
		return err
	}
	if l.Boot = forwardingAtBoot(l.Files); l.Boot != nil && l.Boot.On() {
		return nil
	}
	started, err := p.Node.startFiles(ctx, p.Gateway)
	if err != nil {
		return err
	}
	maps.Copy(l.Files, started)
	if start, found := linuxnet.ForwardingAtStart(l.Files); found {
		l.Boot = &linuxnet.BootValue{Assignment: start}
	}
	return nil
}

// forwardingAtBoot is the line that decides at boot; nil: none does. Lines that are no
// assignments set nothing, as at boot. The commands of interfaces run after the sysctls.
func forwardingAtBoot(files linuxnet.Files) *linuxnet.BootValue {
	if interfaces, err := linuxnet.ParseInterfaces(files, interfacesFile); err == nil {
		if up, found := linuxnet.ForwardingAtUp(interfaces, files); found {
			return &linuxnet.BootValue{Assignment: up}
		}
	}
	if boot, found, _ := linuxnet.ForwardingAtBoot(files); found {
		return &boot
	}
	return nil
}
