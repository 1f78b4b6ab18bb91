package dnsconfig

import (
	"testing"

	"deputy/name"
	"deputy/secret"
)

// A host may cap its pages below what was asked: a short page is the last one only where the host says so.
func TestLibraryFollowsShortPages(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		document string
		op       Op
		page     any
		answer   string
		next     any
	}{
		{"infomaniak", List, nil, `{"result":"success","data":[],"total":3,"page":1,"pages":2,"items_per_page":2}`, 2},
		{"infomaniak", List, 2, `{"result":"success","data":[],"total":3,"page":2,"pages":2,"items_per_page":2}`, nil},
		{"infomaniak", List, nil, `{"result":"success","data":[]}`, nil},
		{"scaleway", Read, nil, `{"total_count":3,"records":[{"name":"x","type":"A"},{"name":"x","type":"A"}]}`, 2},
		{"scaleway", Read, nil, `{"total_count":2,"records":[{"name":"x","type":"A"},{"name":"x","type":"A"}]}`, nil},
		{"scaleway", Read, 3, `{"total_count":3,"records":[]}`, nil},
		{"scaleway", Zones, 2, `{"total_count":5,"dns_zones":[{"domain":"a.example","subdomain":""},{"domain":"b.example","subdomain":""}]}`, 3},
		{"inwx", Zones, nil, `{"code":1000,"resData":{"count":2,"domains":[{"domain":"a.example"}]}}`, 2},
		{"inwx", Zones, 2, `{"code":1000,"resData":{"count":2,"domains":[{"domain":"b.example"}]}}`, nil},
		{"ionos-cloud", List, nil, `{"items":[{"id":"1","properties":{"type":"A"}}],"_links":{"next":"https://dns.de-fra.ionos.com/records?offset=1&limit=1"}}`, 1},
		{"ionos-cloud", List, 1, `{"items":[{"id":"2","properties":{"type":"A"}}],"_links":{}}`, nil},
		{"godaddy", Zones, nil, `[{"domain":"a.example"},{"domain":"b.example"}]`, "b.example"},
		{"godaddy", Zones, "b.example", `[]`, nil},
		{"godaddy", Zones, "b.example", `[{"domain":"b.example"}]`, nil},
	} {
		n, _, err := FromLibrary(c.document)
		if err != nil {
			t.Fatal(err)
		}
		in := Inputs{Account: map[string]secret.Value{}, Session: map[string]secret.Value{"cookie": secret.New("session")}, Name: name.MustParseOwner("x.example.org"), Zone: name.MustParseOwner("example.org"), ZoneID: "example.org", Page: c.page}
		for _, f := range n.About().Fields {
			in.Account[f.Name] = secret.New("a field of the account")
		}
		r, err := n.Read(c.op, in, Response{Status: 200, Body: []byte(c.answer)})
		if err != nil || r.NextPage != c.next {
			t.Errorf("%s %s, page %v of %s: the next page is %v (%v), want %v", c.document, c.op, c.page, c.answer, r.NextPage, err, c.next)
		}
	}
}
