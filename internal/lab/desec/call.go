package desec

import (
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// call is one request on its way through the host.
type call struct {
	host          *Host
	route         route
	method        string
	query         url.Values
	authorization string
	contentType   string
	body          []byte
	now           time.Time

	login  *login  // after authentication
	domain *domain // of RRset routes, after permission
}

// run goes through the steps in Django REST framework's order: log in, permission, throttle, method, work. So someone
// else's domain is 404 and not counted, while a method that is not allowed and a body that is no JSON are counted.
func (c *call) run() (answer, error) {
	l, err := c.host.authenticate(c.authorization)
	if err != nil {
		return answer{}, err
	}
	c.login = l
	if err := c.permit(); err != nil {
		return answer{}, err
	}
	if err := c.throttle(); err != nil {
		return answer{}, err
	}
	view, ok := c.view()
	if !ok {
		return answer{}, refuse(http.StatusMethodNotAllowed, detail(`Method "%s" not allowed.`, c.method))
	}
	return view()
}

// permit refuses what the token can't do whatever the body says.
func (c *call) permit() error {
	switch c.route.resource {
	case domainList, domainDetail:
		writes := c.route.resource == domainList && c.method == http.MethodPost ||
			c.route.resource == domainDetail && c.method == http.MethodDelete
		if writes && !c.login.unrestricted() {
			return refuse(http.StatusForbidden, detail("You do not have permission to perform this action."))
		}
		return nil
	}
	d, err := c.findDomain()
	c.domain = d
	return err
}

// findDomain gives the route's domain if it is the user's own; others' domains look like none.
func (c *call) findDomain() (*domain, error) {
	d, ok := c.host.domains[c.route.domain]
	if !ok || d.user != c.login.user {
		return nil, refuse(http.StatusNotFound, detail("Not found."))
	}
	return d, nil
}

// view is the work behind a method of a resource.
func (c *call) view() (func() (answer, error), bool) {
	method := c.method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	if method == http.MethodOptions {
		return c.options, true
	}
	views := map[string]func() (answer, error){
		key(domainList, http.MethodGet):      c.listDomains,
		key(domainList, http.MethodPost):     c.createDomain,
		key(domainDetail, http.MethodGet):    c.showDomain,
		key(domainDetail, http.MethodDelete): c.deleteDomain,
		key(rrsetList, http.MethodGet):       c.listRRsets,
		key(rrsetList, http.MethodPost):      c.createRRsets,
		key(rrsetList, http.MethodPut):       c.writeRRsets,
		key(rrsetList, http.MethodPatch):     c.writeRRsets,
		key(rrsetDetail, http.MethodGet):     c.showRRset,
		key(rrsetDetail, http.MethodPut):     c.writeRRset,
		key(rrsetDetail, http.MethodPatch):   c.writeRRset,
		key(rrsetDetail, http.MethodDelete):  c.deleteRRset,
	}
	view, ok := views[key(c.route.resource, method)]
	return view, ok
}

func key(r resource, method string) string { return fmt.Sprintf("%d %s", r, method) }
