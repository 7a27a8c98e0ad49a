package guestdisk

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
)

// server speaks NBD as its specification has it, and then what a test wants it to say.
func server(t *testing.T, disk []byte, mangled func(reply []byte) []byte) io.ReadWriteCloser {
	t.Helper()
	ours, theirs := net.Pipe()
	t.Cleanup(func() { _ = ours.Close() })
	go func() {
		defer theirs.Close()
		_, _ = theirs.Write(append([]byte("NBDMAGICIHAVEOPT"), 0, 3))
		choice := make([]byte, 20)
		if _, err := io.ReadFull(theirs, choice); err != nil || !bytes.Equal(choice[:16], []byte("\x00\x00\x00\x03IHAVEOPT\x00\x00\x00\x01")) {
			return
		}
		_, _ = theirs.Write(append(binary.BigEndian.AppendUint64(nil, uint64(len(disk))), 0, 1))
		for request := make([]byte, 28); ; {
			if _, err := io.ReadFull(theirs, request); err != nil || request[7] != 0 {
				return
			}
			at, length := binary.BigEndian.Uint64(request[16:]), binary.BigEndian.Uint32(request[24:])
			reply := append([]byte("\x67\x44\x66\x98\x00\x00\x00\x00"), request[8:16]...)
			_, _ = theirs.Write(mangled(append(reply, disk[at:at+uint64(length)]...)))
		}
	}()
	return ours
}

func TestNBDReads(t *testing.T) {
	disk := bytes.Repeat([]byte("0123456789abcdef"), 200_000) // 3.2 MB: more than one request
	n, err := dialNBD(server(t, disk, func(reply []byte) []byte { return reply }))
	if err != nil || n.size != int64(len(disk)) {
		t.Fatal(n, err)
	}
	all := make([]byte, len(disk)-3)
	if read, err := n.ReadAt(all, 3); err != nil || read != len(all) || !bytes.Equal(all, disk[3:]) {
		t.Errorf("read %d, %v", read, err)
	}
	if read, err := n.ReadAt(make([]byte, 10), n.size-4); read != 4 || err != io.EOF {
		t.Errorf("at the end: %d, %v", read, err)
	}
	for _, at := range []int64{-1, n.size, 1 << 62} {
		if _, err := n.ReadAt(make([]byte, 1), at); err != io.EOF {
			t.Errorf("at %d: %v", at, err)
		}
	}
	if err := n.Close(); err != nil {
		t.Error(err)
	}
}

func TestNBDServersThatMisbehave(t *testing.T) {
	for name, c := range map[string]struct {
		mangled func([]byte) []byte
		want    string
	}{
		"an error":         {func(r []byte) []byte { r[7] = 5; return r[:16] }, "NBD error 5"},
		"another handle":   {func(r []byte) []byte { r[15]++; return r }, "not to this question"},
		"another language": {func(r []byte) []byte { r[0] = 0; return r }, "not to this question"},
	} {
		n, err := dialNBD(server(t, make([]byte, 4096), c.mangled))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := n.ReadAt(make([]byte, 512), 0); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, hello := range []string{"", "HTTP/1.1 400 Bad Request\r\n\r\n", "NBDMAGIC\x00\x00\x42\x02\x81\x86\x12\x53\x00\x03", "NBDMAGICIHAVEOPT\x00\x00", "NBDMAGICIHAVEOPT\x00\x03"} {
		conn := struct {
			io.Reader
			io.Writer
			io.Closer
		}{strings.NewReader(hello), io.Discard, io.NopCloser(nil)}
		if _, err := dialNBD(conn); err == nil {
			t.Errorf("%q is a handshake", hello)
		}
	}
	huge := "NBDMAGICIHAVEOPT\x00\x03\xff\xff\xff\xff\xff\xff\xff\xff\x00\x01"
	conn := struct {
		io.Reader
		io.Writer
		io.Closer
	}{strings.NewReader(huge), io.Discard, io.NopCloser(nil)}
	if _, err := dialNBD(conn); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("an impossible size: %v", err)
	}
}
