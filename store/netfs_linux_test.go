package store

import "testing"

func TestNetworkFileSystems(t *testing.T) {
	t.Parallel()
	for magic, want := range map[int64]string{
		0x6969: "NFS", 0x517b: "SMB", 0xff534d42: "SMB", 0xfe534d42: "SMB", 0x5346414f: "AFS", 0x00c36400: "Ceph", 0x01021997: "9P",
		-0x00acb2be: "SMB", // 0xff534d42 where the field is a signed 32-bit number
		0xef53:      "",    // ext4
		0x01021994:  "",    // tmpfs
		0x9123683e:  "",    // btrfs
		0x794c7630:  "",    // overlayfs
		0x65735546:  "",    // FUSE
	} {
		if got := networkFileSystem(magic); got != want {
			t.Errorf("%#x: got %q, want %q", magic, got, want)
		}
	}
}

func TestLocalDirectory(t *testing.T) {
	t.Parallel()
	if err := checkLocal(t.TempDir()); err != nil {
		t.Error(err)
	}
	if err := checkLocal("/proc/no such directory"); err == nil {
		t.Error("a directory that is not there passes")
	}
}
