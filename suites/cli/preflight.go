package cli

import (
	"bufio"
	"fmt"
	"os"
	"strings"

	"github.com/labproof/labproof/fixtures/image"
	"github.com/labproof/labproof/fixtures/node"
	"github.com/labproof/labproof/helpers/config"
	"github.com/labproof/labproof/reports"
)

// preflight finds what would stop an embedded node, before the image is built and before
// anything is written.
func preflight(settings config.Embedded) error {
	o := nodeOptions(settings, noGuests(), nil)
	if o.StateDir == "" {
		o.StateDir = stateRoot()
	}
	if err := node.Preflight(o); err != nil {
		return err
	}
	if err := image.Check(imageOptions(settings, nil)); err != nil {
		return err
	}
	return enoughMemory(settings.MinMemory)
}

func enoughMemory(needed config.Size) error {
	available, known := availableMemory()
	if !known || available >= uint64(needed) {
		return nil
	}
	return &Problem{
		Code: ExitBroken,
		What: reports.Textf("pas assez de mémoire : %d Mio disponibles, il en faut %d",
			"not enough memory: %d MiB available, %d needed", available>>20, uint64(needed)>>20),
		Next: reports.Text{
			FR: "fermez des programmes, ou baissez min_memory dans la configuration",
			EN: "close programs, or lower min_memory in the configuration",
		},
	}
}

// availableMemory is what /proc/meminfo(5) estimates can be had without swapping.
func availableMemory() (bytes uint64, known bool) {
	f, err := os.Open("/proc/meminfo")
	if err != nil {
		return 0, false
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), "MemAvailable:"); ok {
			var kib uint64
			_, err := fmt.Sscan(rest, &kib)
			return kib << 10, err == nil
		}
	}
	return 0, false
}
