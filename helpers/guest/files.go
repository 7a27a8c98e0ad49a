package guest

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"strings"

	"github.com/labproof/labproof/helpers/output"
)

// Files are read and written through a shell and base64, on every rung alike: the
// agent's own file calls lose what is no text, and stop at 60 KiB.

// maxFile is the largest file that is read.
const maxFile = 8 << 20

// maxEncoded is maxFile as base64 in lines of 76, with room for the last one.
const maxEncoded = maxFile/3*4/76*77 + 1024

const (
	exitMissing  = 44
	exitNotAFile = 45
)

// $1 is the file, $2 the limit.
const readScript = `[ -e "$1" ] || exit 44
[ -f "$1" ] || [ -c "$1" ] || exit 45
exec 3<"$1" || exit 46
head -c "$2" <&3 | base64`

// runner runs a command and keeps more of its output than Run does.
type runner interface {
	Name() string
	run(ctx context.Context, command Command, keep int) (Result, error)
}

func readFile(ctx context.Context, g runner, path string) ([]byte, error) {
	result, err := g.run(ctx, Command{
		Shell: readScript, Argv: []string{"labproof-read", path, fmt.Sprint(maxFile + 1)},
	}, maxEncoded)
	if err != nil {
		return nil, fmt.Errorf("%s: reading %s: %w", g.Name(), path, err)
	}
	result.Command = "read " + path
	switch result.Exit {
	case 0:
	case exitMissing:
		return nil, &fs.PathError{Op: "read", Path: g.Name() + ":" + path, Err: fs.ErrNotExist}
	case exitNotAFile:
		return nil, &fs.PathError{Op: "read", Path: g.Name() + ":" + path, Err: fs.ErrInvalid}
	default:
		return nil, &ExitError{Guest: g.Name(), Result: result}
	}
	data, err := decodeBase64(result.Stdout)
	if err != nil || result.Truncated {
		return nil, fmt.Errorf("%s: reading %s: the guest's answer is no base64 (%q …)", g.Name(), path, output.Line(result.Stdout, 60))
	}
	if len(data) > maxFile {
		return nil, fmt.Errorf("%s: reading %s: the file is larger than %d MiB", g.Name(), path, maxFile>>20)
	}
	return data, nil
}

// decodeBase64 decodes what base64 printed, in lines.
func decodeBase64(text string) ([]byte, error) {
	return base64.StdEncoding.DecodeString(strings.Map(func(r rune) rune {
		if r == '\n' || r == '\r' {
			return -1
		}
		return r
	}, text))
}

// A file is written beside its place and moved there, so that it is never half
// there. $1 is the place, $2 the other name, $3 the mode.
const (
	appendScript = `umask 077; base64 -d >>"$2"`
	moveScript   = `chmod "$3" "$2" && mv -f -- "$2" "$1" || { rm -f -- "$2"; exit 1; }`
)

// chunk is how much of a file goes with one command: 33 KiB are 44 KiB of base64.
const chunk = 33 << 10

func writeFile(ctx context.Context, g runner, path string, data []byte, mode fs.FileMode) error {
	argv := []string{"labproof-write", path, path + ".labproof-" + nonce(), fmt.Sprintf("%04o", mode.Perm())}
	for first := true; first || len(data) > 0; first = false {
		part := data[:min(chunk, len(data))]
		data = data[len(part):]
		script := appendScript
		if len(data) == 0 {
			script += " || exit 1\n" + moveScript
		}
		input := []byte(base64.StdEncoding.EncodeToString(part) + "\n")
		result, err := g.run(ctx, Command{Shell: script, Argv: argv, Stdin: input}, output.Limit)
		if err != nil {
			return fmt.Errorf("%s: writing %s: %w", g.Name(), path, err)
		}
		if result.Exit != 0 {
			result.Command = "write " + path
			return &ExitError{Guest: g.Name(), Result: result}
		}
	}
	return nil
}

// nonce makes names that nobody else uses.
func nonce() string {
	var b [6]byte
	_, _ = rand.Read(b[:]) // never fails, from Go 1.24 on
	return hex.EncodeToString(b[:])
}
