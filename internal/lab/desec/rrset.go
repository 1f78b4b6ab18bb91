package desec

import (
	"net/http"
	"slices"
	"time"
)

// rrset is one RRset as the host keeps it. It is replaced, never changed.
type rrset struct {
	subname string
	rrtype  string
	ttl     int
	records []string // canonical presentation form
	created time.Time
	touched time.Time
}

// rrsetObject is an RRset as the API shows it
// (https://desec.readthedocs.io/en/latest/dns/rrsets.html#rrset-field-reference).
type rrsetObject struct {
	Created stamp    `json:"created"`
	Domain  string   `json:"domain"`
	Subname string   `json:"subname"`
	Name    string   `json:"name"`
	Records []string `json:"records"`
	TTL     int      `json:"ttl"`
	Type    string   `json:"type"`
	Touched stamp    `json:"touched"`
}

func (d *domain) rrsetObject(s *rrset) rrsetObject {
	return rrsetObject{
		Created: stamp(s.created), Domain: d.name, Subname: s.subname, Name: d.fqdn(s.subname),
		Records: s.records, TTL: s.ttl, Type: s.rrtype, Touched: stamp(s.touched),
	}
}

func (d *domain) rrsetObjects(sets []*rrset) []rrsetObject {
	objects := []rrsetObject{}
	for _, s := range sets {
		objects = append(objects, d.rrsetObject(s))
	}
	return objects
}

// noRRset is the answer about an RRset that is not there.
func noRRset() error {
	return refuse(http.StatusNotFound, detail("No RRset matches the given query."))
}

// listRRsets gives the domain's RRsets, newest first, filtered by ?type= and ?subname=
// (https://desec.readthedocs.io/en/latest/dns/rrsets.html#retrieving-all-rrsets-in-a-zone).
func (c *call) listRRsets() (answer, error) {
	if t := c.query.Get("type"); automatic(t) {
		return answer{}, refuse(http.StatusForbidden, detail("You cannot tinker with the %s RRset.", t))
	}
	var found []*rrset
	for _, s := range slices.Backward(c.domain.rrsets) {
		if c.query.Has("type") && s.rrtype != c.query.Get("type") ||
			c.query.Has("subname") && s.subname != c.query.Get("subname") {
			continue
		}
		found = append(found, s)
	}
	return answer{status: http.StatusOK, body: c.domain.rrsetObjects(found)}, nil
}

func (c *call) showRRset() (answer, error) {
	s := c.domain.find(c.route.subname, c.route.rrtype)
	if s == nil {
		return answer{}, noRRset()
	}
	return answer{status: http.StatusOK, body: c.domain.rrsetObject(s)}, nil
}

// createRRsets makes one RRset of an object, or several of a list
// (https://desec.readthedocs.io/en/latest/dns/rrsets.html#creating-an-rrset).
func (c *call) createRRsets() (answer, error) {
	data, err := c.data()
	if err != nil {
		return answer{}, err
	}
	if list, ok := data.([]any); ok {
		return c.writeList(list, http.StatusCreated)
	}
	item, err := dictionary(data)
	if err != nil {
		return answer{}, err
	}
	wanted, err := element{call: c}.validate(item)
	if err != nil {
		return answer{}, err
	}
	sets, err := c.write([]change{wanted})
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusCreated, body: c.domain.rrsetObject(sets[0])}, nil
}

// writeRRset is PUT and PATCH of one RRset. It does not create; empty records delete
// (https://desec.readthedocs.io/en/latest/dns/rrsets.html#modifying-an-rrset).
func (c *call) writeRRset() (answer, error) {
	old := c.domain.find(c.route.subname, c.route.rrtype)
	if old == nil {
		return answer{}, noRRset()
	}
	if err := c.login.forbidUnlessWritable(c.domain.name, old.subname, old.rrtype); err != nil {
		return answer{}, err
	}
	data, err := c.data()
	if err != nil {
		return answer{}, err
	}
	item, err := dictionary(data)
	if err != nil {
		return answer{}, err
	}
	wanted, err := element{call: c, old: old, partial: c.method == http.MethodPatch}.validate(item)
	if err != nil {
		return answer{}, err
	}
	sets, err := c.write([]change{wanted})
	if err != nil {
		return answer{}, err
	}
	if len(sets) == 0 {
		return answer{status: http.StatusNoContent}, nil
	}
	return answer{status: http.StatusOK, body: c.domain.rrsetObject(sets[0])}, nil
}

// deleteRRset is idempotent (https://desec.readthedocs.io/en/latest/dns/rrsets.html#deleting-an-rrset).
func (c *call) deleteRRset() (answer, error) {
	old := c.domain.find(c.route.subname, c.route.rrtype)
	if old == nil {
		return answer{status: http.StatusNoContent}, nil
	}
	if err := c.login.forbidUnlessWritable(c.domain.name, old.subname, old.rrtype); err != nil {
		return answer{}, err
	}
	if old.rrtype == "NS" && old.subname == "" && c.domain.locallyRegistrable() {
		return answer{}, refuse(http.StatusBadRequest, []string{"Cannot modify NS records for this domain."})
	}
	_, err := c.write([]change{{old: old, subname: old.subname, rrtype: old.rrtype, ttl: old.ttl}})
	return answer{status: http.StatusNoContent}, err
}
