package store

import (
	"errors"
	"fmt"

	"deputy/name"
)

// PlannedTarget gives the target of a name; ErrNotFound before the first plan.
func (t *Tx) PlannedTarget(tenant string, n name.Name) (PlannedTarget, error) {
	return readPlanned(t, t.row("read the planned target of "+n.String(),
		`SELECT tenant, name, target, created FROM planned_targets WHERE tenant = $1 AND name = $2`, tenant, n.Host().String()))
}

// PlannedTargets gives all planned targets, by tenant and name.
func (t *Tx) PlannedTargets() ([]PlannedTarget, error) {
	return list(t, "read the planned targets", readPlanned,
		`SELECT tenant, name, target, created FROM planned_targets ORDER BY tenant, name`)
}

// PlannedFor gives the name that a target is bound to; ErrNotFound where it is nobody's.
func (t *Tx) PlannedFor(tenant string, target name.Name) (PlannedTarget, error) {
	return readPlanned(t, t.row("read whose target "+target.String()+" is",
		`SELECT tenant, name, target, created FROM planned_targets WHERE tenant = $1 AND target = $2`, tenant, target.String()))
}

func readPlanned(_ *Tx, r scanner) (PlannedTarget, error) {
	var p PlannedTarget
	var host, target string
	var created int64
	err := r.Scan(&p.Tenant, &host, &target, &created)
	if err != nil {
		return PlannedTarget{}, err
	}
	p.Created = moment(created)
	if p.Name, err = parseText(host); err != nil {
		return PlannedTarget{}, err
	}
	p.Target, err = parseText(target)
	return p, err
}

// PutPlannedTarget binds a name to a target for ever: another target for the same name is an error, and so is the
// same target for another name, since a CNAME that its owner forgot would then vouch for somebody else. To put what is
// there already changes nothing.
func (t *Tx) PutPlannedTarget(p PlannedTarget) error {
	tried := "plan a target for " + p.Name.String()
	p.Name = p.Name.Host()
	if p.Name.IsZero() || p.Target.IsZero() {
		return errors.New(tried + ": it needs a name and a target")
	}
	have, err := t.PlannedTarget(p.Tenant, p.Name)
	if err == nil && have.Target != p.Target {
		return fmt.Errorf("%s: it is bound to %s for ever, and %s was to replace that", tried, have.Target, p.Target)
	}
	if err == nil || !errors.Is(err, ErrNotFound) {
		return err
	}
	created, err := t.created(p.Created)
	if err != nil {
		return err
	}
	n, err := t.exec(tried, `INSERT INTO planned_targets (tenant, name, target, created) VALUES ($1, $2, $3, $4)
		ON CONFLICT (target) DO NOTHING`, p.Tenant, p.Name.String(), p.Target.String(), millis(created))
	if err == nil && n == 0 {
		return fmt.Errorf("%s: %s is bound to another name for ever", tried, p.Target)
	}
	return err
}
