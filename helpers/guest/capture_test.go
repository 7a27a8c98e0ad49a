package guest

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/labproof/labproof/helpers/config"
	"github.com/labproof/labproof/helpers/hypervisor"
	"github.com/labproof/labproof/helpers/internal/sshtest"
)

// The test binary also plays tcpdump, in a real process: a shell script could not, as
// it cannot trap a SIGINT that is ignored where it starts, in the background.
func TestMain(m *testing.M) {
	if os.Getenv("LABPROOF_TEST_TCPDUMP") != "" {
		os.Exit(playTcpdump(os.Args[1:]))
	}
	os.Exit(m.Run())
}

// playTcpdump says that it listens, and writes its last packets when it is
// interrupted, as tcpdump does. The interface it is asked for says how it fails.
func playTcpdump(args []string) int {
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt)
	iface, filter := args[slices.Index(args, "-i")+1], args[len(args)-1]
	switch iface {
	case "ens99":
		fmt.Fprintln(os.Stderr, "tcpdump: ens99: No such device exists")
		return 1
	case "dying":
		fmt.Fprintln(os.Stderr, "listening on dying")
		return 0
	}
	fmt.Printf("packets of %s (%s)\x00\xff", iface, filter)
	fmt.Fprintf(os.Stderr, "tcpdump: listening on %s, link-type EN10MB (Ethernet), snapshot length 262144 bytes\n", iface)
	<-interrupted
	if iface == "broken" {
		return 3
	}
	fmt.Print("tail")
	fmt.Fprintln(os.Stderr, "2 packets captured")
	return 0
}

// tcpdump puts it into the guest's PATH.
func (f *fakeAgent) tcpdump() {
	f.t.Helper()
	self, err := os.Executable()
	if err != nil {
		f.t.Fatal(err)
	}
	f.program("tcpdump", "LABPROOF_TEST_TCPDUMP=1 GORACE=atexit_sleep_ms=0 exec "+hypervisor.Quote(self)+` "$@"`)
}

// testCapture captures from any source.
func testCapture(t *testing.T, source Source) {
	t.Helper()
	r, err := source.Capture(t.Context(), "ens18", "icmp or arp")
	if err != nil {
		t.Fatal(err)
	}
	if r.Interface() != "ens18" || r.Name() != source.Name() {
		t.Errorf("%s of %s", r.Interface(), r.Name())
	}
	for range 2 {
		pcap, err := r.Stop(t.Context())
		if err != nil || string(pcap) != "packets of ens18 (icmp or arp)\x00\xfftail" {
			t.Errorf("got %q, %v", pcap, err)
		}
	}

	var failed *CaptureError
	if _, err := source.Capture(t.Context(), "ens99", "icmp"); !errors.As(err, &failed) || !strings.Contains(err.Error(), "No such device exists") || failed.Interface != "ens99" {
		t.Errorf("missing interface: %v", err)
	}
	for _, bad := range []string{"", "-w", "a;b", "$(x)"} {
		if _, err := source.Capture(t.Context(), bad, ""); err == nil {
			t.Errorf("captured on %q", bad)
		}
	}
	r, err = source.Capture(t.Context(), "broken", "icmp")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Stop(t.Context()); source.Name() == "proxmox1" && !errors.As(err, &failed) {
		t.Errorf("a tcpdump that ends badly: %v", err)
	}
}

func TestCaptureInAGuest(t *testing.T) {
	f := newFakeAgent(t)
	f.tcpdump()
	testCapture(t, In(f.guest()))
}

func TestACaptureThatDiesIsNoSilence(t *testing.T) {
	f := newFakeAgent(t)
	f.tcpdump()
	r, err := Capture(t.Context(), f.guest(), "dying", "icmp")
	if err != nil {
		// It died before it was looked at: said at once.
		if !errors.As(err, new(*CaptureError)) {
			t.Errorf("got %v", err)
		}
		return
	}
	ended := Sh(aliveFunction + "while alive " + r.(*guestRecording).pid + "; do sleep 0.01; done")
	if _, err := Must(t.Context(), f.guest(), ended); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Stop(t.Context()); !errors.As(err, new(*CaptureError)) {
		t.Errorf("got %v", err)
	}
}

func TestACaptureThatNobodyStops(t *testing.T) {
	f := newFakeAgent(t)
	f.tcpdump()
	r, err := inGuest{f.guest(), time.Second}.Capture(t.Context(), "ens18", "icmp")
	if err != nil {
		t.Fatal(err)
	}
	ended := Sh(aliveFunction + "while alive " + r.(*guestRecording).pid + "; do sleep 0.01; done")
	if _, err := Must(t.Context(), f.guest(), ended); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Stop(t.Context()); !errors.As(err, new(*CaptureError)) {
		t.Errorf("it went on: %v", err)
	}
}

func TestCaptureLeavesNothingBehind(t *testing.T) {
	f := newFakeAgent(t)
	f.tcpdump()
	r, err := Capture(t.Context(), f.guest(), "ens18", "icmp")
	if err != nil {
		t.Fatal(err)
	}
	dir := r.(*guestRecording).dir
	if _, err := os.Stat(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("%s is still there", dir)
	}
}

func TestCaptureOnTheNode(t *testing.T) {
	f := newFakeAgent(t)
	f.tcpdump()
	t.Setenv("PATH", f.path+":"+os.Getenv("PATH"))
	s := sshtest.New(t)
	shell, err := hypervisor.Dial(t.Context(), config.SSH{Addr: s.Addr, User: "root", Key: config.Secret(s.Key), HostKey: s.HostKeyLine()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = shell.Close() }()
	testCapture(t, On(shell, "proxmox1"))
	r, err := On(shell, "proxmox1").Capture(t.Context(), "dying", "icmp")
	if err != nil {
		t.Fatal(err)
	}
	<-r.(*nodeRecording).process.Done()
	if _, err := r.Stop(t.Context()); !errors.As(err, new(*CaptureError)) {
		t.Errorf("a tcpdump that died: %v", err)
	}
}
