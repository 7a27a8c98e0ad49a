package guestdisk

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
)

// The parts of the NBD protocol that reading takes, from its specification (doc/proto.md
// of NetworkBlockDevice/nbd): the fixed newstyle handshake and simple replies.
const (
	nbdMagic         = 0x4e42444d41474943 // "NBDMAGIC"
	nbdOption        = 0x49484156454f5054 // "IHAVEOPT"
	nbdFixedNewstyle = 1 << 0             // handshake flags of both sides
	nbdNoZeroes      = 1 << 1
	nbdExportName    = 1
	nbdRequest       = 0x25609513
	nbdReply         = 0x67446698
	nbdRead          = 0
	nbdDisconnect    = 2
	maxNBDRead       = 1 << 20 // what a server has to answer is at least 32 MiB
)

// nbd is a connection to an NBD server. It reads and nothing else.
type nbd struct {
	conn io.ReadWriteCloser
	size int64 // of the export, in bytes

	mu     sync.Mutex
	handle uint64
}

// dialNBD shakes hands over conn and opens the server's default export.
func dialNBD(conn io.ReadWriteCloser) (*nbd, error) {
	var hello struct {
		Magic, Option uint64
		Flags         uint16
	}
	if err := binary.Read(conn, binary.BigEndian, &hello); err != nil {
		return nil, fmt.Errorf("NBD handshake: %w", err)
	}
	const both = nbdFixedNewstyle | nbdNoZeroes
	if hello.Magic != nbdMagic || hello.Option != nbdOption || hello.Flags&both != both {
		return nil, errors.New("NBD handshake: the server does not speak the fixed newstyle")
	}
	choice := struct {
		Flags  uint32
		Magic  uint64
		Option uint32
		Length uint32
	}{both, nbdOption, nbdExportName, 0}
	if err := binary.Write(conn, binary.BigEndian, choice); err != nil {
		return nil, fmt.Errorf("NBD handshake: %w", err)
	}
	var export struct {
		Size  uint64
		Flags uint16
	}
	if err := binary.Read(conn, binary.BigEndian, &export); err != nil {
		return nil, fmt.Errorf("NBD handshake: %w", err)
	}
	if export.Size > 1<<62 {
		return nil, fmt.Errorf("NBD handshake: impossible size %d", export.Size)
	}
	return &nbd{conn: conn, size: int64(export.Size)}, nil
}

// ReadAt reads up to a MiB at a time; anything beyond the end is io.EOF.
func (n *nbd) ReadAt(b []byte, at int64) (int, error) {
	if at < 0 || at >= n.size {
		return 0, io.EOF
	}
	short := int64(len(b)) > n.size-at
	if short {
		b = b[:n.size-at]
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	for read := 0; read < len(b); {
		part := b[read:min(len(b), read+maxNBDRead)]
		if err := n.read(part, at+int64(read)); err != nil {
			return read, err
		}
		read += len(part)
	}
	if short {
		return len(b), io.EOF
	}
	return len(b), nil
}

type nbdMessage struct {
	Magic  uint32
	Flags  uint16
	Type   uint16
	Handle uint64
	Offset uint64
	Length uint32
}

func (n *nbd) read(b []byte, at int64) error {
	n.handle++
	request := nbdMessage{Magic: nbdRequest, Type: nbdRead, Handle: n.handle, Offset: uint64(at), Length: uint32(len(b))}
	if err := binary.Write(n.conn, binary.BigEndian, request); err != nil {
		return fmt.Errorf("reading the disk: %w", err)
	}
	var reply struct {
		Magic  uint32
		Error  uint32
		Handle uint64
	}
	if err := binary.Read(n.conn, binary.BigEndian, &reply); err != nil {
		return fmt.Errorf("reading the disk: %w", err)
	}
	if reply.Magic != nbdReply || reply.Handle != n.handle {
		return errors.New("reading the disk: the NBD server's answer is not to this question")
	}
	if reply.Error != 0 {
		return fmt.Errorf("reading the disk: %d bytes at %d: NBD error %d", len(b), at, reply.Error)
	}
	if _, err := io.ReadFull(n.conn, b); err != nil {
		return fmt.Errorf("reading the disk: %w", err)
	}
	return nil
}

// Close takes leave of the server and hangs up.
func (n *nbd) Close() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	// Best effort: the server sees the connection's end as well.
	_ = binary.Write(n.conn, binary.BigEndian, nbdMessage{Magic: nbdRequest, Type: nbdDisconnect})
	return n.conn.Close()
}
