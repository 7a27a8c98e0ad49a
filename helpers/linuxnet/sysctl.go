package linuxnet

// Assignment is one key = value line of a sysctl file.
type Assignment struct {
	Key   string // with dots: net.ipv4.ip_forward
	Value string
	File  string // the path under which systemd-sysctl reads it
	Line  int
}

// BootValue is what a key has after a reboot.
type BootValue struct {
	Assignment              // the line that sets it
	Overridden []Assignment // lines that a later one replaces
	Ignored    []Assignment // lines in files that are not read at boot, e.g. /etc/sysctl.conf on Debian 13
}

// SysctlAtBoot finds the value that systemd-sysctl gives a key at boot, from the files
// of /etc/sysctl.d, /run/sysctl.d, /usr/local/lib/sysctl.d, /usr/lib/sysctl.d and
// /etc/sysctl.conf. found is false where no file that is read sets it.
func SysctlAtBoot(files Files, key string) (value BootValue, found bool, err error) {
	return BootValue{}, false, nil
}

// ForwardingAtBoot is SysctlAtBoot for IPv4 forwarding, which net.ipv4.ip_forward and
// net.ipv4.conf.all.forwarding both set: the later one wins.
func ForwardingAtBoot(files Files) (value BootValue, found bool, err error) {
	return BootValue{}, false, nil
}
