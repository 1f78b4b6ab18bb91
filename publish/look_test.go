package publish

import "testing"

// TestLookComplete: what the servers show counts as everything only when each of them was asked and answered.
func TestLookComplete(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		second   server
		complete bool
	}{
		{"both answer", server{}, true},
		{"one is silent", server{failure: "no answer in 3 tries"}, false},
		{"the address of one is not known", server{hidden: 1}, false},
		{"one has no address", server{without: true}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(additive)
			w.write(validation, "value")
			second := c.second
			second.host, second.addr = "ns2.io", "192.0.2.2"
			k := &Keeper{Host: w, DNS: serve(w, &server{host: "ns1.io", addr: "192.0.2.1"}, &second)}
			v, err := k.lookAtServers(t.Context(), validation)
			if err != nil || v.complete != c.complete || len(v.values) != 1 {
				t.Errorf("%+v, %v; want complete %v", v, err, c.complete)
			}
		})
	}
}
