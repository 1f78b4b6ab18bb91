package dnsconfig

import (
	"errors"
	"fmt"
	"math"
	"mime"
	"net/http"
	"strings"

	"deputy/fault"
	"deputy/formula"
	"deputy/secret"
)

// DXLInputs are what one run starts from.
type DXLInputs struct {
	Account          map[string]secret.Value // cfg_* items of the DNS Provider; an empty one never hides the document's
	RegisteredDomain string                  // param_RegisteredDomain
	TXTName          string                  // param_DnsTxtName, without a final dot
	TXTValue         string                  // param_DnsTxtValue
}

// Run is one configuration at work on one value: the in-memory document whose variables live from Lookup to Del. It is
// not for concurrent use.
type Run struct {
	config   *DXL
	in       DXLInputs
	vars     *dxlVariables
	warnings []string
	done     []Evaluation
}

// Start begins a run.
func (d *DXL) Start(in DXLInputs) *Run {
	return &Run{config: d, in: in, vars: newVariables(d, in)}
}

// Warnings are what looked wrong and did not stop the run, in order, without secrets.
func (r *Run) Warnings() []string { return r.warnings }

func (r *Run) warn(format string, args ...any) {
	r.warnings = append(r.warnings, fmt.Sprintf(format, args...))
}

// evaluate computes the formula of an item; an empty one gives "". Fields it sets stay in the run.
func (r *Run) evaluate(item string) (formula.Value, error) {
	f := r.config.formula(item)
	if f == nil {
		return formula.Text(), nil
	}
	r.vars.setting = item
	value, err := f.Eval(r.vars, formula.Budget{})
	r.vars.setting = ""
	if err != nil {
		return formula.Value{}, r.config.formulaFault("evaluate", item, err)
	}
	r.done = append(r.done, Evaluation{item, value.Texts()})
	return value, nil
}

// single evaluates an item whose result is one text.
func (r *Run) single(item string) (string, error) {
	value, err := r.evaluate(item)
	if err != nil {
		return "", err
	}
	if value.Len() > 1 {
		err := fmt.Errorf("it gives a list of %d elements where one text is needed; join them with @Implode", value.Len())
		return "", r.config.formulaFault("evaluate", item, err)
	}
	return value.Text(), nil
}

// LookupCustom evaluates ReqLookupCustomFormula, which works by its side effects.
func (r *Run) LookupCustom() error {
	_, err := r.evaluate(itemLookupCustom)
	return err
}

// Read stores the answer's status and its flattened JSON as ret_…/retJSON_… variables. A body that is not JSON is
// kept as ret_<Op>Text; that is not an error, the status formula decides. Of a command, the exit code is the status and
// the output the body.
func (r *Run) Read(op Op, a Response) error {
	name := strings.ToLower(string(op))
	body := strings.ToValidUTF8(strings.TrimPrefix(string(a.Body), "\ufeff"), "\ufffd")
	r.vars.Set("ret_"+name+"status", formula.Number(float64(a.Status)))
	r.vars.Set("ret_"+name+"text", formula.Text(body))
	r.vars.forget("retjson_" + name)
	if strings.TrimSpace(body) == "" {
		return nil
	}
	decoded, err := formula.DecodeJSON([]byte(body))
	if err != nil && r.config.kind == dxlCommand {
		return nil // programs say what they like
	}
	if err != nil {
		r.warn("the answer to %s (status %d) is not JSON, it is %s; only ret_%sStatus and ret_%sText tell of it", op, a.Status, contentType(a), op, op)
		return nil
	}
	if err := flatten(r.vars, "retjson_"+name, decoded); err != nil {
		return &fault.Fault{
			Code:  fault.HostFailed,
			Tried: fmt.Sprintf("read the answer to %s of the DNS Configuration %s", op, r.config.name),
			Seen:  err.Error(),
			Do:    "narrow the request in " + op.urlItem() + " so that the answer holds only what is needed",
			Who:   fault.Admin,
			Err:   err,
		}
	}
	return nil
}

func contentType(a Response) string {
	kind, _, err := mime.ParseMediaType(http.Header(a.Header).Get("Content-Type"))
	if err != nil {
		return "of no stated type"
	}
	return shortened(kind)
}

// Status evaluates StatusFormula: the Add succeeded if it is from 200 to 299. Without a formula it is the HTTP status
// of Add; of a list the first element counts; text that is a number is one.
func (r *Run) Status() (int, error) {
	sent, _ := r.vars.Get("ret_addstatus")
	value := sent
	if r.config.formula(itemStatus) != nil {
		var err error
		if value, err = r.evaluate(itemStatus); err != nil {
			return 0, err
		}
	}
	n, ok := value.Number()
	if !ok || n != math.Trunc(n) || math.Abs(n) > 1e6 {
		return 0, r.config.formulaFault("evaluate", itemStatus, errors.New("its result is not a status: a whole number is needed, 200 to 299 for success"))
	}
	if answered, _ := sent.Number(); n >= 200 && n < 300 && answered >= 400 {
		r.warn("%s says success although Add was answered with status %v", itemStatus, answered)
	}
	return int(n), nil
}
