package externaltree

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// onTheBus runs in a mount namespace: the phone's users, its bus, and RAUC's
// service on it. Then each line of its input is one call, as the user whose name
// it starts with; "yes" or "no" says whether it was let through.
const onTheBus = `
set -u
mount --bind "$1/etc/passwd" /etc/passwd
mount --bind "$1/etc/group" /etc/group
mount -t tmpfs tmpfs /run
mkdir -p /run/dbus /run/rauc
dbus-daemon --config-file="$1/etc/dbus-1/phone.conf" --fork
sed -e 's/@COMPATIBLE@/phone-test/' -e 's|/data/rauc|/run/rauc|' "$1/etc/rauc/system.conf" >/run/system.conf
rauc --override-boot-slot=A --conf=/run/system.conf service >/run/rauc.log 2>&1 &
service=$!
for i in $(seq 100); do
	dbus-send --system --print-reply --dest=org.freedesktop.DBus / org.freedesktop.DBus.ListNames 2>/dev/null | grep -q pengutronix && break
	sleep 0.1
done
while read -r user call; do
	if setpriv --reuid "$user" --regid "$user" --clear-groups dbus-send --system --print-reply $call >/run/answer 2>&1; then
		echo "yes $user $call"
	else
		echo "no $user $call"
	fi
done
kill $service "$(cat /run/dbus-daemon.pid)"
`

func TestOnlyPhonedMayAskForAnUpdate(t *testing.T) {
	need(t, "dbus-daemon", "dbus-send", "rauc", "setpriv", "unshare")
	if os.Geteuid() != 0 {
		t.Skip("only root can be other users")
	}
	root, err := filepath.Abs(overlay)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"yes phone --dest=de.pengutronix.rauc / org.freedesktop.DBus.Properties.Get string:de.pengutronix.rauc.Installer string:Compatible",
		"yes phone --dest=org.freedesktop.DBus / org.freedesktop.DBus.ListNames",
		"no phone --dest=org.freedesktop.DBus / org.freedesktop.DBus.RequestName string:de.pengutronix.other uint32:0",
		"no phone --dest=org.freedesktop.DBus / org.freedesktop.DBus.RequestName string:de.pengutronix.rauc uint32:0",
		"no chrony --dest=de.pengutronix.rauc / org.freedesktop.DBus.Properties.Get string:de.pengutronix.rauc.Installer string:Compatible",
		"no nobody --dest=org.freedesktop.DBus / org.freedesktop.DBus.ListNames",
	}
	var calls strings.Builder
	for _, line := range want {
		_, call, _ := strings.Cut(line, " ")
		calls.WriteString(call + "\n")
	}
	cmd := exec.Command("unshare", "-m", "sh", "-c", onTheBus, "sh", root)
	cmd.Stdin = strings.NewReader(calls.String())
	got := strings.Split(strings.TrimSpace(output(t, cmd)), "\n")
	for i, line := range want {
		if i >= len(got) || got[i] != line {
			t.Errorf("%s; but:\n%s", line, strings.Join(got, "\n"))
		}
	}
}
