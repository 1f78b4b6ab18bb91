package desec

import (
	_ "embed"
	"encoding/json"
	"net/http"
)

// rrsetFields is what deSEC says of an RRset's fields in the answer to OPTIONS, byte for byte.
//
//go:embed options-rrset.json
var rrsetFields []byte

// description is the answer to OPTIONS. What a domain's fields are is left out: that answer was not measured.
type description struct {
	Name        string   `json:"name"`
	Description string   `json:"description"`
	Renders     []string `json:"renders"`
	Parses      []string `json:"parses"`
	Actions     *actions `json:"actions,omitempty"`
}

type actions struct {
	PUT  json.RawMessage `json:"PUT,omitempty"`
	POST json.RawMessage `json:"POST,omitempty"`
}

func (c *call) options() (answer, error) {
	d := description{Renders: []string{"application/json"}, Parses: []string{"application/json"}}
	switch c.route.resource {
	case domainList:
		d.Name = "Domain List"
	case domainDetail:
		d.Name = "Domain Instance"
	case rrsetList:
		d.Name = "R Rset List"
		d.Actions = &actions{PUT: rrsetFields, POST: rrsetFields}
	case rrsetDetail:
		d.Name = "R Rset Detail"
		if c.domain.find(c.route.subname, c.route.rrtype) != nil {
			d.Actions = &actions{PUT: rrsetFields}
		}
	}
	return answer{status: http.StatusOK, body: d}, nil
}
