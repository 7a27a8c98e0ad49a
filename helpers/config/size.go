package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Size is a number of bytes, written "2GiB", "512MiB" or as plain bytes.
type Size int64

var sizeUnits = []struct {
	suffix string
	factor int64
}{
	{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40},
	{"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}, {"B", 1},
}

// ParseSize reads "2.5GiB", "10 GB", "4096". Binary units end in iB.
func ParseSize(text string) (Size, error) {
	number, factor := strings.TrimSpace(text), int64(1)
	for _, u := range sizeUnits {
		if rest, ok := strings.CutSuffix(number, u.suffix); ok {
			number, factor = strings.TrimSpace(rest), u.factor
			break
		}
	}
	value, err := strconv.ParseFloat(number, 64)
	bytes := value * float64(factor)
	if err != nil || math.IsNaN(bytes) || bytes < 0 || bytes >= math.MaxInt64 {
		return 0, fmt.Errorf("%q is no size; expected a number with KiB, MiB, GiB, TiB, kB, MB, GB or TB, e.g. 2GiB", text)
	}
	return Size(bytes), nil
}

// Bytes is the size in bytes.
func (s Size) Bytes() int64 { return int64(s) }

// String is the shortest exact form: 2GiB, 1536MiB, 1000B.
func (s Size) String() string {
	for i := 3; i >= 0; i-- {
		if u := sizeUnits[i]; s != 0 && int64(s)%u.factor == 0 {
			return fmt.Sprintf("%d%s", int64(s)/u.factor, u.suffix)
		}
	}
	return fmt.Sprintf("%dB", int64(s))
}
