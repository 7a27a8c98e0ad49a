package wire

import (
	"encoding/binary"
	"fmt"
	"io"
)

// The messages of port.pl.
const (
	messageFrame = 'F'
	messageCheck = 'C'
)

// readMessage reads one message of port.pl: its kind and its frame.
func readMessage(r io.Reader) (kind byte, frame []byte, err error) {
	var head [3]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, nil, err
	}
	kind, size := head[0], int(binary.BigEndian.Uint16(head[1:]))
	if kind != messageFrame && kind != messageCheck || size > maxFrame {
		return 0, nil, fmt.Errorf("the node's end sent a message %q of %d bytes", kind, size)
	}
	frame = make([]byte, size)
	if _, err := io.ReadFull(r, frame); err != nil {
		return 0, nil, fmt.Errorf("within a frame: %w", err)
	}
	return kind, frame, nil
}

// sendMessage is what port.pl reads: a frame to send; without one, a check.
func sendMessage(w io.Writer, frame []byte) error {
	message := binary.BigEndian.AppendUint16(nil, uint16(len(frame)))
	_, err := w.Write(append(message, frame...))
	return err
}
