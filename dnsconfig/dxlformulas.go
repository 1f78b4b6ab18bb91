package dnsconfig

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"deputy/fault"
	"deputy/formula"
)

// mistake is a formula that can't be taken over.
type mistake struct {
	config, item string
	err          error
}

// mistakes are those of a whole file, in its order.
type mistakes []mistake

// takeFormulas parses every formula, so that a mistake shows at import and not at three in the morning. A mistake in
// one that is never evaluated is only said.
func (d *DXL) takeFormulas(left *[]string) mistakes {
	var bad mistakes
	used := d.usedItems()
	for _, i := range d.items {
		if !strings.HasSuffix(strings.ToLower(i.name), "formula") || strings.TrimSpace(i.text()) == "" {
			continue
		}
		f, err := formula.Parse(i.text())
		if err == nil {
			err = suspicious(i.name, f)
		}
		isItem := func(used string) bool { return strings.EqualFold(used, i.name) }
		switch {
		case err != nil && slices.ContainsFunc(used, isItem):
			bad = append(bad, mistake{d.name, i.name, err})
		case err != nil:
			*left = append(*left, d.name+": "+i.name+", which is not used: "+err.Error())
		case !f.Empty():
			d.formulas[strings.ToLower(i.name)] = f
		}
	}
	return bad
}

// fault names every mistake of a file, so that its author corrects all at once.
func (m mistakes) fault() *fault.Fault {
	if len(m) == 1 {
		return formulaFault("read", m[0].config, m[0].item, m[0].err)
	}
	configs, items, seen, errs := []string{}, []string{}, []string{}, []error{}
	for _, one := range m {
		if !slices.Contains(configs, one.config) {
			configs = append(configs, one.config)
		}
		errs = append(errs, one.err)
	}
	for _, one := range m {
		item := one.item
		if len(configs) > 1 {
			item += " of " + one.config
		}
		items = append(items, item)
		seen = append(seen, item+": "+one.err.Error())
	}
	return &fault.Fault{
		Code:  fault.Formula,
		Tried: "read the formulas of the DNS Configuration " + strings.Join(configs, " and "),
		Seen:  fmt.Sprintf("%d of them have a mistake: %s", len(m), strings.Join(seen, "; ")),
		Do:    "correct " + strings.Join(items, ", ") + " and import the file again, or tell its author",
		Who:   fault.Admin,
		Err:   errors.Join(errs...),
	}
}

// suspicious refuses texts that are written out in a formula and could only serve to leave the request they are in.
func suspicious(item string, f *formula.Formula) error {
	lower := strings.ToLower(item)
	for _, text := range f.Constants() {
		switch {
		case strings.HasSuffix(lower, "headerformula") && strings.ContainsAny(text, "\r\n"):
			return errors.New("a text in it has a line end; each header is one element of a list")
		case strings.HasSuffix(lower, "urlformula") && strings.ContainsAny(text, "\r\n"):
			return errors.New("a text in it has a line end, which no URL holds")
		case strings.HasSuffix(lower, "urlformula") && dotSegments(text):
			return errors.New("a text in it has .. as a part of a path")
		}
	}
	return nil
}

// formulaFault is a fault about the formula of an item.
func (d *DXL) formulaFault(tried, item string, err error) *fault.Fault {
	return formulaFault(tried, d.name, item, err)
}

func formulaFault(tried, config, item string, err error) *fault.Fault {
	return &fault.Fault{
		Code:  fault.Formula,
		Tried: fmt.Sprintf("%s %s of the DNS Configuration %s", tried, item, config),
		Seen:  err.Error(),
		Do:    "correct " + item + " in the DNS Configuration and import it again, or tell its author",
		Who:   fault.Admin,
		Err:   err,
	}
}
