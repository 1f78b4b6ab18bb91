package dnsconfig

import (
	"bytes"
	"runtime"
	"strings"
	"testing"

	"deputy/fault"
)

// hostileFiles are the catalogue's DXL files that fill a machine or read its files elsewhere, with what a person reads here.
func hostileFiles() map[string]struct {
	source []byte
	want   string
} {
	laughs := "<!DOCTYPE lolz [<!ENTITY lol0 \"lol\">"
	for i := range 9 {
		n := string(rune('0' + i))
		laughs += "<!ENTITY lol" + string(rune('1'+i)) + " \"" + strings.Repeat("&lol"+n+";", 10) + "\">"
	}
	return map[string]struct {
		source []byte
		want   string
	}{
		"billion laughs":             {[]byte(laughs + "]><database>&lol9;</database>"), "the DOCTYPE declares entities, which are refused"},
		"external DTD with entities": {[]byte("<!DOCTYPE database SYSTEM 'http://127.0.0.1:1/x.dtd' [<!ENTITY % x SYSTEM 'file:///etc/passwd'> %x;]><database/>"), "the DOCTYPE declares entities, which are refused"},
		"attribute of 100 MB":        {append([]byte("<database title='"), bytes.Repeat([]byte("x"), 100<<20)...), "the file has 104857617 octets; a DXL file here has at most 4194304"},
		"attribute of 4 MB":          {[]byte("<database title='" + strings.Repeat("x", 4<<20-30) + "'>"), "the file ends too early"},
		"NUL":                        {[]byte("<database>\x00</database>"), "there is a NUL, which no XML file holds"},
		"UTF-16":                     {[]byte("\xfe\xff\x00<\x00d"), "the file is UTF-16, not UTF-8"},
		"elements 1e5 deep":          {[]byte("<database>" + strings.Repeat("<a>", 100_000)), "elements are nested more than 64 deep"},
		"text 1e5 deep":              {[]byte("<database><document form='DnsProviderConfig'><item name='a'><text>" + strings.Repeat("<b>", 100_000)), "elements are nested more than 64 deep"},
	}
}

// TestHostileFilesStayCheap: each is refused, and costs less than 64 MiB. It does not run beside others, whose memory would be
// counted too.
func TestHostileFilesStayCheap(t *testing.T) {
	for name, c := range hostileFiles() {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := ImportDXL(c.source)
		runtime.ReadMemStats(&after)
		f, ok := fault.From(err)
		if !ok || f.Code != fault.BadDocument || !strings.Contains(f.Seen, c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > 64<<20 {
			t.Errorf("%s: %d MiB were used", name, used>>20)
		}
	}
}
