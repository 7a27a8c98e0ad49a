package linuxnet

import (
	"path"
	"testing"
)

func TestForwardingAtStart(t *testing.T) {
	const (
		on   = "sysctl -w net.ipv4.ip_forward=1\n"
		off  = "echo 0 > /proc/sys/net/ipv4/ip_forward\n"
		unit = "/etc/systemd/system/multi-user.target.wants/lab.service"
		wan  = "/etc/systemd/network/10-lab.network"
		runs = "/etc/systemd/system/multi-user.target.wants/systemd-networkd.service"
	)
	type tree map[string]string
	for name, test := range map[string]struct {
		files       tree
		value, file string
		line        int
	}{
		"nothing":               {tree{}, "", "", 0},
		"rc.local":              {tree{rcLocal: "#!/bin/sh -e\n# lab\n" + on + "exit 0\n"}, "1", rcLocal, 3},
		"behind exit":           {tree{rcLocal: "#!/bin/sh -e\nexit 0\n" + on}, "", "", 0},
		"commented out":         {tree{rcLocal: "#!/bin/sh -e\n#" + on}, "", "", 0},
		"no program":            {tree{rcLocal: on}, "", "", 0},
		"the last word":         {tree{rcLocal: "#!/bin/sh\n" + on + off}, "0", rcLocal, 3},
		"by a file":             {tree{rcLocal: "#!/bin/sh\nsysctl -p\n", "/etc/sysctl.conf": "net.ipv4.ip_forward = 1\n"}, "1", rcLocal, 2},
		"if-up.d":               {tree{"/etc/network/if-up.d/lab": "#!/bin/sh\n" + on}, "1", "/etc/network/if-up.d/lab", 2},
		"if-pre-up.d":           {tree{"/etc/network/if-pre-up.d/lab": "#!/bin/sh\n" + on}, "1", "/etc/network/if-pre-up.d/lab", 2},
		"a name not run":        {tree{"/etc/network/if-up.d/lab.sh": "#!/bin/sh\n" + on}, "", "", 0},
		"root's cron":           {tree{rootCrontab: "# m h\n@reboot /sbin/" + on}, "1", rootCrontab, 2},
		"the system's cron":     {tree{crontab: "@reboot root " + on}, "1", crontab, 1},
		"cron.d":                {tree{"/etc/cron.d/lab": "@reboot\troot\t" + on}, "1", "/etc/cron.d/lab", 1},
		"somebody's cron":       {tree{"/etc/cron.d/lab": "@reboot debian " + on}, "", "", 0},
		"at another time":       {tree{rootCrontab: "0 4 * * * " + on}, "", "", 0},
		"a service":             {tree{unit: "[Unit]\nDescription=lab\n[Service]\nType=oneshot\nExecStart = /sbin/" + on}, "1", unit, 5},
		"by a shell":            {tree{unit: "[Service]\nExecStart=/bin/sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward'\n"}, "1", unit, 2},
		"when it stops":         {tree{unit: "[Service]\nExecStop=/sbin/" + on}, "", "", 0},
		"in another section":    {tree{unit: "[Lab]\nExecStart=/sbin/" + on}, "", "", 0},
		"not enabled":           {tree{"/etc/systemd/system/lab.service": "[Service]\nExecStart=/sbin/" + on}, "", "", 0},
		"a network":             {tree{runs: "", wan: "[Match]\nName=ens18\n[Network]\nIPForward=yes\n"}, "1", wan, 4},
		"IPv4 only":             {tree{runs: "", wan: "[Network]\nIPForward=ipv4\n"}, "1", wan, 2},
		"IPv6 only":             {tree{runs: "", wan: "[Network]\nIPForward=ipv6\n"}, "", "", 0},
		"networkd itself":       {tree{runs: "", networkdConf: "[Network]\n;IPv4Forwarding=no\nIPv4Forwarding=true\n"}, "1", networkdConf, 3},
		"networkd does not run": {tree{wan: "[Network]\nIPForward=yes\n"}, "", "", 0},
		"on, and cron off":      {tree{rcLocal: "#!/bin/sh\n" + on, crontab: "@reboot root " + off}, "0", crontab, 1},
	} {
		files := Files{}
		for at, content := range test.files {
			files[at] = File{Content: content}
		}
		got, found := ForwardingAtStart(files)
		if found != (test.file != "") || got.Value != test.value || got.File != test.file || got.Line != test.line {
			t.Errorf("%s: %+v, %t", name, got, found)
		}
	}
}

func TestStartFilesAreProgramsOrRead(t *testing.T) {
	for name, want := range map[string]bool{
		rcLocal: true, "/etc/network/if-up.d/lab": true, "/etc/network/if-pre-up.d/lab": true,
		"/etc/network/if-down.d/lab": false, crontab: false, "/etc/rc.local.old": false,
	} {
		if IsProgram(name) != want {
			t.Errorf("%s: %t", name, !want)
		}
	}
}

func FuzzStart(f *testing.F) {
	f.Add("#!/bin/sh\nsysctl -p\nexit")
	f.Add("[Network]\nIPForward=yes\n[Service]\nExecStart=sysctl --load= -p")
	f.Add("@reboot root sysctl --load=/etc/sysctl.conf\n@reboot")
	f.Fuzz(func(t *testing.T, text string) {
		files := Files{legacySysctl: {Content: text}}
		for _, pattern := range StartFiles() {
			files[path.Join(path.Dir(pattern), "lab")] = File{Content: text}
			files[pattern] = File{Content: text}
		}
		if got, found := ForwardingAtStart(files); found && (got.File == "" || got.Line == 0) {
			t.Errorf("%q: %+v stands nowhere", text, got)
		}
	})
}
