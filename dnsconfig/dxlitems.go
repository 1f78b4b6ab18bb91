package dnsconfig

import (
	"fmt"
	"slices"
	"strings"
)

// takeOthers says which items hold something that is not taken over: those of a type that is not read, and those that the
// form does not have.
func (d *DXL) takeOthers() ([]string, error) {
	var left []string
	for _, i := range d.items {
		lower := strings.ToLower(i.name)
		switch {
		case i.kind != "" && !readable(i.kind):
			left = append(left, fmt.Sprintf("%s: a value of the type %s is not read", i.name, shortened(i.kind)))
		case i.text() == "" || known(lower):
		case strings.HasSuffix(lower, "formula"):
			left = append(left, i.name+": no operation of a DNS Configuration has a formula of this name")
		default:
			left = append(left, i.name+": the form of a DNS Configuration has no such item")
		}
	}
	return left, nil
}

// readable lists the types of values that are read.
func readable(kind string) bool {
	return slices.Contains([]string{"text", "textlist", "number", "numberlist", "datetime", "datetimelist", "richtext"}, kind)
}

// known says that an item is one of the form DnsProviderConfig in its published versions, a field that a formula may read,
// or one that Notes puts into every document.
func known(lower string) bool {
	if strings.HasPrefix(lower, "cfg_") || strings.HasPrefix(lower, "$") {
		return true
	}
	for _, op := range dxlOps() {
		for _, item := range append(op.formulaItems(), op.methodItem()) {
			if strings.ToLower(item) == lower {
				return true
			}
		}
	}
	switch lower {
	case itemName, strings.ToLower(itemLookupCustom), strings.ToLower(itemStatus):
		return true
	case "dnsprovidertype", "commandaddformula", "commanddelformula", "commandenvformula",
		"agentdatabase", "agentnameadd", "agentnamedel", "agentaddname", "agentdelname":
		return true
	case "form", "providername", "website", "documentationurl", "referenceurl", "version", "author", "body", "comments", "adminaccess",
		"enabletracing":
		return true
	}
	return false
}
