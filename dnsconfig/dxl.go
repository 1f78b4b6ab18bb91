package dnsconfig

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"deputy/formula"
)

// DXL is one DNS Configuration of CertMgr: a document of the form DnsProviderConfig. It is immutable; a Run holds what
// changes.
type DXL struct {
	name     string
	kind     dxlKind
	items    []dxlItem                   // all that are exported again, in the document's order
	settings map[string]formula.Value    // cfg_* that are not empty, by name in lower case
	formulas map[string]*formula.Formula // those that are not empty, by item name in lower case
	methods  map[Op]string               // HTTP methods; an operation without one is not used
	floor    int                         // seconds
}

// dxlKind is the item DnsProviderType. Only H occurs in published documents; the other two codes are assumed from the
// product's description of its integration types.
type dxlKind string

const (
	dxlHTTP    dxlKind = "H"
	dxlCommand dxlKind = "C"
	dxlAgent   dxlKind = "A"
)

// The items of a document that are not of one operation, in lower case.
const (
	itemName         = "dnsproviderconfigname"
	itemDelay        = "cfg_dnsproviderdelay"
	itemURL          = "cfg_url"
	itemZone         = "cfg_dnszone"
	itemLookupCustom = "ReqLookupCustomFormula"
	itemStatus       = "StatusFormula"
	itemCommandAdd   = "CommandAddFormula"
	itemCommandDel   = "CommandDelFormula"
	itemCommandEnv   = "CommandEnvFormula"
)

// dxlOps are the operations in the order in which they run.
func dxlOps() []Op { return []Op{Lookup, QryAdd, Add, QryDel, Del} }

// The items of one operation.
func (op Op) urlItem() string    { return "Req" + string(op) + "UrlFormula" }
func (op Op) headerItem() string { return "Req" + string(op) + "HeaderFormula" }
func (op Op) bodyItem() string   { return "Req" + string(op) + "PostDataFormula" }
func (op Op) methodItem() string { return "Req" + string(op) + "HttpType" }

// formulaItems are the items of op that are formulas, in the order of evaluation.
func (op Op) formulaItems() []string { return []string{op.urlItem(), op.headerItem(), op.bodyItem()} }

// FloorSeconds is cfg_DnsProviderDelay: the least time between Add and telling the CA.
func (d *DXL) FloorSeconds() int { return d.floor }

// formula finds the formula of an item; nil where it is empty.
func (d *DXL) formula(item string) *formula.Formula { return d.formulas[strings.ToLower(item)] }

// usedItems lists the items whose formulas a run may evaluate, in the order in which it does: those of operations with a
// method, LookupCustom and Status; of a document that runs commands, those that make the commands.
func (d *DXL) usedItems() []string {
	if d.kind == dxlCommand {
		return []string{itemCommandEnv, itemCommandAdd, itemCommandDel}
	}
	var items []string
	for _, op := range dxlOps() {
		if d.methods[op] != "" {
			items = append(items, op.formulaItems()...)
		}
		switch op {
		case Lookup:
			items = append(items, itemLookupCustom)
		case Add:
			items = append(items, itemStatus)
		}
	}
	return items
}

// used lists the formulas of usedItems that are not empty.
func (d *DXL) used() []*formula.Formula {
	var used []*formula.Formula
	for _, item := range d.usedItems() {
		if f := d.formula(item); f != nil {
			used = append(used, f)
		}
	}
	return used
}

// text is the item's text, or "" where there is none.
func (d *DXL) text(name string) string {
	i := slices.IndexFunc(d.items, func(i dxlItem) bool { return strings.EqualFold(i.name, name) })
	if i < 0 {
		return ""
	}
	return d.items[i].text()
}

// agents says which agents do the work of a document of type A. Templates of two ages name the items differently.
func (d *DXL) agents() string {
	add := d.text("AgentNameAdd") + d.text("AgentAddName")
	remove := d.text("AgentNameDel") + d.text("AgentDelName")
	return fmt.Sprintf("%q and %q of %q", shortened(add), shortened(remove), shortened(d.text("AgentDatabase")))
}

// formulaNames lists the items that hold a formula, sorted, so that errors come in the same order every time.
func (d *DXL) formulaNames() []string { return slices.Sorted(maps.Keys(d.formulas)) }
