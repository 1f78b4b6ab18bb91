package dnsconfig

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"deputy/fault"
	"deputy/formula"
)

// Import is what a DXL file holds.
type Import struct {
	Configurations []*DXL
	Providers      []map[string]string // DnsProvider documents: item name (as written) to text; sealed items are empty
	Accounts       []map[string]string // AcmeAccount documents, likewise
	Left           []string            // what was not taken over, and why, one line each
}

// ImportDXL reads a DXL file of at most 4 MiB. The DTD is never loaded; items that hold something and that deputy does not
// know are ignored, and said in Left. A file that is not XML, or has no known form, is a fault (BadDocument); formulas that
// can't be parsed are one fault (Formula) that names all of them.
func ImportDXL(source []byte) (Import, error) {
	documents, err := readDXL(source)
	if err != nil {
		return Import{}, notDXL(err)
	}
	var result Import
	var bad mistakes
	foreign := map[string]int{}
	for _, d := range documents {
		switch strings.ToLower(d.form) {
		case "dnsproviderconfig":
			config, left, err := newDXL(d)
			if err != nil {
				return Import{}, err
			}
			bad = append(bad, config.takeFormulas(&left)...)
			result.Configurations = append(result.Configurations, config)
			result.Left = append(result.Left, left...)
			result.Left = append(result.Left, sealedItems("the DNS Configuration", "DnsProviderConfigName", d)...)
		case "dnsprovider":
			result.Providers = append(result.Providers, d.texts())
			result.Left = append(result.Left, sealedItems("the DNS Provider", "AccountName", d)...)
			result.Left = append(result.Left, disabled("the DNS Provider", d)...)
		case "acmeaccount":
			result.Accounts = append(result.Accounts, d.texts())
			result.Left = append(result.Left, sealedItems("the ACME account", "AccountName", d)...)
			result.Left = append(result.Left, accountKey(d)...)
		default:
			foreign[d.form]++
		}
	}
	if len(bad) > 0 {
		return Import{}, bad.fault()
	}
	if len(result.Configurations)+len(result.Providers)+len(result.Accounts) == 0 {
		return Import{}, notDXL(noKnownForm(foreign))
	}
	result.Left = append(result.Left, foreignForms(foreign)...)
	return result, nil
}

func notDXL(err error) *fault.Fault {
	return &fault.Fault{
		Code:  fault.BadDocument,
		Tried: "read a DXL file",
		Seen:  err.Error(),
		Do:    "export the DNS Configuration from certstore.nsf as DXL, in UTF-8, and import that file unchanged",
		Who:   fault.Admin,
		Err:   err,
	}
}

func noKnownForm(foreign map[string]int) error {
	if len(foreign) == 0 {
		return errors.New("it holds no document")
	}
	return fmt.Errorf("it holds documents of the form %s, and none of DnsProviderConfig, DnsProvider or AcmeAccount", strings.Join(quotedForms(foreign), ", "))
}

func quotedForms(foreign map[string]int) []string {
	var forms []string
	for form := range foreign {
		forms = append(forms, strconv.Quote(shortened(form)))
	}
	slices.Sort(forms)
	return forms
}

func foreignForms(foreign map[string]int) []string {
	var left []string
	for form, count := range foreign {
		left = append(left, fmt.Sprintf("%d of the form %q: deputy reads DnsProviderConfig, DnsProvider and AcmeAccount", count, shortened(form)))
	}
	slices.Sort(left)
	return left
}

func shortened(s string) string {
	if len(s) > 40 {
		return strings.ToValidUTF8(s[:40], "") + "…"
	}
	return s
}

// texts are the items of a document by name, for a provider or account.
func (d dxlDocument) texts() map[string]string {
	texts := make(map[string]string, len(d.items))
	for _, i := range d.items {
		texts[i.name] = i.text()
	}
	return texts
}

// sealedItems says which secrets have to be given again.
func sealedItems(what, nameItem string, d dxlDocument) []string {
	var left []string
	for _, i := range d.items {
		if i.sealed() && i.text() == "" {
			left = append(left, fmt.Sprintf("%s of %s %q: Notes keeps it encrypted, so the export has it empty; give it again", i.name, what, shortened(d.texts()[nameItem])))
		}
	}
	return left
}

// disabled says that Notes did not use a document.
func disabled(what string, d dxlDocument) []string {
	if status, there := d.texts()["Status"]; !there || status == "1" {
		return nil
	}
	return []string{fmt.Sprintf("Status of %s %q: it is not enabled in Notes; deputy uses what is added to it", what, shortened(d.texts()["AccountName"]))}
}

// accountKey says of an ACME account that the CA knows that its key stays behind.
func accountKey(d dxlDocument) []string {
	if d.texts()["AcmeKid"] == "" {
		return nil
	}
	return []string{fmt.Sprintf("AcmeKid of the ACME account %q: its key%s does not leave Notes, so deputy makes an account of its own at that CA",
		shortened(d.texts()["AccountName"]), keyKind(d.texts()))}
}

// keyKind says of what kind an account's key is in Notes. ReqKeyAlg is E for ECDSA, and presumably R for RSA.
func keyKind(items map[string]string) string {
	switch items["ReqKeyAlg"] {
	case "E":
		return " (ECDSA " + shortened(items["ReqKeyCurve"]) + ")"
	case "R":
		return " (RSA " + shortened(items["ReqKeySize"]) + ")"
	}
	return ""
}

// newDXL takes over one configuration, but for its formulas.
func newDXL(document dxlDocument) (*DXL, []string, error) {
	d := &DXL{settings: map[string]formula.Value{}, formulas: map[string]*formula.Formula{}, methods: map[Op]string{}}
	var left []string
	seen := map[string]bool{}
	for _, i := range document.items {
		lower := strings.ToLower(i.name)
		switch {
		case leftover(lower):
			if i.text() != "" {
				left = append(left, i.name+": left behind by a test run in Notes")
			}
			continue
		case seen[lower]:
			left = append(left, i.name+": there is more than one of it; the first one counts")
			continue
		}
		seen[lower] = true
		d.items = append(d.items, i)
	}
	d.name = strings.TrimSpace(d.text(itemName))
	if d.name == "" {
		return nil, nil, notDXL(&dxlSyntax{document.line, "the DNS Configuration has no name: DnsProviderConfigName is empty"})
	}
	steps := []func() ([]string, error){d.takeKind, d.takeSettings, d.takeMethods, d.takeOthers}
	for _, step := range steps {
		said, err := step()
		if err != nil {
			return nil, nil, err
		}
		for _, line := range said {
			left = append(left, d.name+": "+line)
		}
	}
	return d, left, nil
}

// leftover says which items a test run in Notes leaves in a document. They are results, not settings, and must not
// leak into a run.
func leftover(lower string) bool {
	return strings.HasPrefix(lower, "param_") || strings.HasPrefix(lower, "ret_") || strings.HasPrefix(lower, "retjson_") ||
		lower == "log" || lower == "status"
}

func (d *DXL) takeKind() ([]string, error) {
	d.kind = dxlKind(strings.ToUpper(strings.TrimSpace(d.text("DnsProviderType"))))
	switch d.kind {
	case dxlHTTP:
		return nil, nil
	case "":
		d.kind = dxlHTTP
		return []string{"DnsProviderType is empty; it is taken for H, HTTP requests"}, nil
	case dxlCommand:
		return []string{"it runs commands of its own on this machine (DnsProviderType C); that needs allow: {commands: true} in the DNS Provider, and allow_commands: true in the settings"}, nil
	case dxlAgent:
		return []string{"it runs Notes agents (DnsProviderType A), which only Domino can; use a configuration of HTTP requests, or make it one of commands (DnsProviderType C)"}, nil
	}
	return []string{fmt.Sprintf("DnsProviderType %q is not known; it can't be run", shortened(string(d.kind)))}, nil
}

// takeSettings takes the cfg_* items that are not empty: an empty one never hides what the DNS Provider says.
func (d *DXL) takeSettings() ([]string, error) {
	var left []string
	for _, i := range d.items {
		lower := strings.ToLower(i.name)
		if !strings.HasPrefix(lower, "cfg_") || i.text() == "" {
			continue
		}
		value, err := i.value()
		if err != nil {
			return nil, notDXL(fmt.Errorf("%s of %s: %w", i.name, d.name, err))
		}
		if !value.IsText() || i.kind == "text" || i.kind == "textlist" {
			d.settings[lower] = value
			continue
		}
		left = append(left, i.name+": a value of the type "+i.kind+" is not read")
	}
	delay, ok := d.settings[itemDelay]
	if !ok {
		return left, nil
	}
	seconds, ok := delay.Number()
	if !ok || seconds < 0 || seconds > 86400 {
		return nil, notDXL(fmt.Errorf("cfg_DnsProviderDelay of %s is not a number of seconds from 0 to 86400", d.name))
	}
	d.floor = int(math.Ceil(seconds))
	return left, nil
}

// value is the item as formulas see it.
func (i dxlItem) value() (formula.Value, error) {
	if i.kind != "number" && i.kind != "numberlist" {
		return formula.Text(i.values...), nil
	}
	numbers := make([]float64, len(i.values))
	for k, text := range i.values {
		n, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		if err != nil || math.IsInf(n, 0) || math.IsNaN(n) {
			return formula.Value{}, errors.New("it is not a number")
		}
		numbers[k] = n
	}
	return formula.Number(numbers...), nil
}

// takeMethods reads the codes G P U D; words, and A or PATCH, are deputy's addition.
func (d *DXL) takeMethods() ([]string, error) {
	for _, op := range dxlOps() {
		code := strings.ToUpper(strings.TrimSpace(d.text(op.methodItem())))
		switch code {
		case "":
			continue
		case "G", "GET":
			d.methods[op] = "GET"
		case "P", "POST":
			d.methods[op] = "POST"
		case "U", "PUT":
			d.methods[op] = "PUT"
		case "D", "DELETE":
			d.methods[op] = "DELETE"
		case "A", "PATCH":
			d.methods[op] = "PATCH"
		default:
			return nil, notDXL(fmt.Errorf("%s of %s is %q; it is G, P, U, D or empty", op.methodItem(), d.name, shortened(code)))
		}
	}
	return nil, nil
}
