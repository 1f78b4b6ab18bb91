package dnsconfig

import (
	"maps"

	"github.com/expr-lang/expr/types"
)

// common are the variables of every request.
func (p *parsing) common(op Op) types.Map {
	vars := types.Map{"account": p.account, "now": types.Int, "nonce": types.String}
	if p.session != nil && op != Login {
		vars["session"] = p.session
	}
	return vars
}

// variables are what a request of op may use; environment gives the same ones.
func (p *parsing) variables(op Op) types.Map {
	vars := p.common(op)
	if op == Login || op == Logout {
		return vars
	}
	maps.Copy(vars, types.Map{"name": types.String, "fqdn": types.String, "label": types.String, "zone_name": types.String})
	if op == Zone || op == Zones {
		return vars
	}
	vars["zone"], vars["ttl"] = types.String, types.Int
	maps.Copy(vars, p.ofOperation(op))
	return vars
}

// ofOperation are the variables that only some operations have.
func (p *parsing) ofOperation(op Op) types.Map {
	values := types.Map{"values": types.Array(types.String), "found": types.Any}
	switch op {
	case Replace, AddSome, Remove:
		return values
	case Create:
		if p.native.about.Style == "rrset" {
			return values
		}
		return types.Map{"value": types.String}
	case Delete:
		if p.native.about.Style == "rrset" {
			return types.Map{"found": types.Any}
		}
		return types.Map{"value": types.String, "id": types.String, "record": types.Any}
	case Item:
		return types.Map{"id": types.String, "record": types.Any}
	case Write, Clear:
		return types.Map{"value": types.String}
	case Poll:
		return types.Map{"job": types.String}
	}
	return nil
}

// answerTypes are the variables that an answer brings.
func answerTypes() types.Map {
	return types.Map{
		"status": types.Int, "response": types.Any, "headers": types.Any, "cookies": types.Any, "body": types.String,
	}
}

// environment gives the variables of op their values, but now, nonce and page.
func (n *Native) environment(op Op, in Inputs) map[string]any {
	session := map[string]any{}
	for key, v := range in.Session {
		session[key] = v.Reveal()
	}
	label, _ := in.Name.Relative(in.Zone)
	zone := in.ZoneID
	if zone == "" {
		zone = in.Zone.String()
	}
	return map[string]any{
		"account": n.accountVariables(in.Account), "session": session,
		"name": in.Name.String(), "fqdn": in.Name.FQDN(), "label": label, "zone_name": in.Zone.String(),
		"zone": zone, "ttl": n.limits.ttl(in.ZoneTTL),
		"values": in.Values, "value": in.Value, "id": in.ID, "record": in.Record, "found": in.Found, "job": in.Job,
	}
}
