package provider

import (
	"slices"
	"testing"
)

// TestFieldsNobodyReads: a field of a DXL's account that no formula reads is told, with what was probably meant.
func TestFieldsNobodyReads(t *testing.T) {
	t.Parallel()
	s, i := newStand(t), newInstallation(t)
	configuration := i.configuration(t, "dxl", published(t, "martdj_deSec.dxl"))
	i.add(t, s, "name: domino\nconfiguration: "+configuration+"\nzones: [martdj.dedyn.io]", "account: {cfg_AuthToken: \""+ourToken+"\", cfg_AuthTokn: x, cfg_UserName: me}\n")
	var told []string
	for _, e := range i.events {
		if e.Kind == "provider.field" {
			told = append(told, e.Text)
		}
	}
	want := []string{
		"domino: cfg_AuthTokn is not read by any formula of the DNS Configuration deSec; did you mean cfg_AuthToken?",
		"domino: cfg_UserName is not read by any formula of the DNS Configuration deSec",
	}
	if !slices.Equal(told, want) {
		t.Errorf("told %q, want %q", told, want)
	}
}
