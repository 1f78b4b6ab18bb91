package dnsconfig

import "fmt"

// The two formulas of a DXL document that stand between its operations, as Steps name them.
const (
	LookupCustom Op = "LookupCustom" // after Lookup, whether that ran or not
	Status       Op = "Status"       // after Add: the success of it
)

// Step is one part of a walk. It may hold secrets: redact it before it is shown.
type Step struct {
	Op          Op
	Skipped     string              // why nothing was asked: "no method", "empty URL", "empty formula", or of Status that Add did not run
	Request     Request             // zero for LookupCustom and Status, and where Skipped; see Request.Given
	Status      int                 // of an operation, the HTTP status of its answer; of Status, what the formula makes of it
	Evaluations []Evaluation        // of this step, in order
	Variables   map[string][]string // that it set, names in lower case; of those that it removed, nil
	Warnings    []string            // what looks wrong and stops nothing
	Err         error               // why it came to no end
}

// Walk runs a document over answers that are given, and sends nothing: Lookup, LookupCustom, QryAdd, Add, Status,
// QryDel, Del, in CertMgr's order; of a document that runs commands Add and Del, as Command.Shown. answer is asked for each operation that runs; see gets every step when it is done.
// The removal follows whatever became of the addition, as in CertMgr. After an error the steps of the same phase that
// would have followed are left out; Walk gives the first one. A Status outside of 200 to 299 is no error.
func (d *DXL) Walk(in DXLInputs, answer func(Request) Response, see func(Step)) error {
	if err := d.Runnable(); err != nil {
		return err
	}
	w := &walk{run: d.Start(in), answer: answer, see: see}
	if d.kind == dxlCommand {
		w.phase(w.command(Add))
		w.phase(w.command(Del))
		return w.failed
	}
	w.phase(w.operation(Lookup), w.lookupCustom, w.operation(QryAdd), w.operation(Add), w.status)
	w.phase(w.operation(QryDel), w.operation(Del))
	return w.failed
}

// walk is a run over answers that are given.
type walk struct {
	run    *Run
	answer func(Request) Response
	see    func(Step)
	added  bool // Add has run
	failed error
}

// phase takes steps until one fails.
func (w *walk) phase(steps ...func() Step) {
	for _, take := range steps {
		evaluated, warned := len(w.run.done), len(w.run.warnings)
		w.run.vars.changed = map[string]bool{}
		step := take()
		step.Evaluations, step.Warnings = w.run.done[evaluated:], w.run.warnings[warned:]
		step.Variables = w.run.vars.changes()
		w.see(step)
		if step.Err == nil {
			continue
		}
		if w.failed == nil {
			w.failed = step.Err
		}
		return
	}
}

// operation asks what an operation asks, and reads the answer.
func (w *walk) operation(op Op) func() Step {
	return func() Step {
		step := Step{Op: op}
		step.Request, step.Skipped, step.Err = w.run.Request(op)
		if step.Err != nil || step.Skipped != "" {
			return step
		}
		w.added = w.added || op == Add
		a := w.answer(step.Request)
		step.Status, step.Err = a.Status, w.run.Read(op, a)
		return step
	}
}

// command is operation for documents that run commands.
func (w *walk) command(op Op) func() Step {
	return func() Step {
		step := Step{Op: op}
		var c Command
		c, step.Skipped, step.Err = w.run.Command(op)
		if step.Err != nil || step.Skipped != "" {
			return step
		}
		step.Request = c.Shown(op)
		a := w.answer(step.Request)
		step.Status, step.Err = a.Status, w.run.Read(op, a)
		return step
	}
}

func (w *walk) lookupCustom() Step {
	if w.run.config.formula(itemLookupCustom) == nil {
		return Step{Op: LookupCustom, Skipped: "empty formula"}
	}
	return Step{Op: LookupCustom, Err: w.run.LookupCustom()}
}

func (w *walk) status() Step {
	if !w.added {
		return Step{Op: Status, Skipped: fmt.Sprintf("%s did not run", Add)}
	}
	step := Step{Op: Status}
	step.Status, step.Err = w.run.Status()
	return step
}

// changes are the variables that were set or removed since changed was made anew.
func (v *dxlVariables) changes() map[string][]string {
	changes := make(map[string][]string, len(v.changed))
	for name := range v.changed {
		changes[name] = nil
		if value, ok := v.values[name]; ok {
			changes[name] = value.Texts()
		}
	}
	return changes
}
