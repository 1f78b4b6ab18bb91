package dnsconfig

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"deputy/formula"
)

// Command is a program that a document of type C asks to be run, without a shell.
type Command struct {
	Args []string // the program, by its name in PATH or its whole path, and its arguments
	Env  []string // NAME=value; nothing else of deputy's environment but PATH is for the program
}

// Runs stands where requests have their method, in what is shown of a command.
const Runs = "RUN"

// Shown is a command as traces have it, for op Add or Del: the command line as the URL, with quotes where a person needs them, and
// the environment as headers. It may hold secrets.
func (c Command) Shown(op Op) Request {
	r := Request{Op: op, Method: Runs}
	args := make([]string, len(c.Args))
	for i, arg := range c.Args {
		args[i] = arg
		if arg == "" || strings.ContainsAny(arg, " \t\r\n'\"") {
			args[i] = strconv.Quote(arg)
		}
	}
	r.URL = strings.Join(args, " ")
	for _, line := range c.Env {
		key, value, _ := strings.Cut(line, "=")
		r.Header = append(r.Header, [2]string{key, value})
	}
	return r
}

// RunsCommands says that the document is of type C: it sends no requests, it runs programs. Whether it may is for the DNS
// Provider and the installation's settings to say.
func (d *DXL) RunsCommands() bool { return d.kind == dxlCommand }

// Runnable is nil for documents of types that deputy runs, requests and commands; for agents and unknown types it is the
// fault (BadDocument) that says what to do instead.
func (d *DXL) Runnable() error {
	if d.kind == dxlHTTP || d.kind == dxlCommand {
		return nil
	}
	return d.notHTTP()
}

// Removes says that the document has what removes a value.
func (d *DXL) Removes() bool {
	if d.kind == dxlCommand {
		return d.formula(itemCommandDel) != nil
	}
	return d.methods[Del] != ""
}

// commandItem is the item that makes the command of Add or Del.
func commandItem(op Op) string {
	if op == Del {
		return itemCommandDel
	}
	return itemCommandAdd
}

// Command evaluates CommandEnvFormula, then CommandAddFormula or CommandDelFormula for op Add or Del, with the variables
// that requests have. A list is the program and its arguments; one text is cut at its spaces, but not within '…' or "…",
// whose quotes are dropped (nothing is escaped, nothing expanded). skipped is the reason when there is no command. Formulas
// that fail, or come to no command, are faults (Formula).
func (r *Run) Command(op Op) (c Command, skipped string, err error) {
	item := commandItem(op)
	if r.config.formula(item) == nil {
		return Command{}, "empty formula", nil
	}
	env, err := r.evaluate(itemCommandEnv)
	if err != nil {
		return Command{}, "", err
	}
	if c.Env, err = environmentOf(env.Texts()); err != nil {
		return Command{}, "", r.config.formulaFault("evaluate", itemCommandEnv, err)
	}
	line, err := r.evaluate(item)
	if err != nil {
		return Command{}, "", err
	}
	if line.Len() == 1 && strings.TrimSpace(line.Text()) == "" {
		return Command{}, "empty command", nil
	}
	if c.Args, err = commandLine(line.Texts()); err != nil {
		return Command{}, "", r.config.formulaFault("evaluate", item, err)
	}
	return c, "", nil
}

// environmentOf checks a list of NAME=value. Errors never quote a value, since it may hold a secret.
func environmentOf(lines []string) ([]string, error) {
	name := regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	var env []string
	for i, line := range lines {
		if line == "" {
			continue
		}
		key, value, found := strings.Cut(line, "=")
		switch {
		case !found || !name.MatchString(key):
			return nil, fmt.Errorf(`element %d is not of the form "NAME=value"`, i+1)
		case strings.ContainsRune(value, 0):
			return nil, fmt.Errorf("the value of %s has a NUL", key)
		}
		env = append(env, line)
	}
	return env, nil
}

// commandLine makes a program and arguments of what a formula came to.
func commandLine(elements []string) ([]string, error) {
	args := elements
	if len(elements) == 1 {
		var err error
		if args, err = splitCommand(elements[0]); err != nil {
			return nil, err
		}
	}
	for i, arg := range args {
		if strings.ContainsRune(arg, 0) {
			return nil, fmt.Errorf("argument %d has a NUL", i)
		}
	}
	if len(args) == 0 || strings.TrimSpace(args[0]) == "" {
		return nil, errors.New("the first element, the program, is empty")
	}
	if strings.ContainsAny(args[0], `/\`) && !wholePath(args[0]) {
		return nil, errors.New("the program is neither a name to be found in PATH nor a whole path")
	}
	return args, nil
}

// wholePath says that a path begins at the root: "/usr/bin/x", or in Windows "C:\x".
func wholePath(program string) bool {
	return strings.HasPrefix(program, "/") || regexp.MustCompile(`^[A-Za-z]:[\\/]`).MatchString(program)
}

// splitCommand cuts a command line at its spaces, tabs and line ends outside of quotes.
func splitCommand(line string) ([]string, error) {
	var args []string
	var arg strings.Builder
	begun, quote := false, rune(0)
	for _, c := range line {
		switch {
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0:
			arg.WriteRune(c)
		case c == '"' || c == '\'':
			quote, begun = c, true
		case !strings.ContainsRune(" \t\r\n", c):
			arg.WriteRune(c)
			begun = true
		case begun:
			args = append(args, arg.String())
			arg.Reset()
			begun = false
		}
	}
	if quote != 0 {
		return nil, fmt.Errorf("a %c in the command line is not closed; a list of the program and its arguments needs no quotes", quote)
	}
	if begun {
		args = append(args, arg.String())
	}
	return args, nil
}

// lintCommands says what is odd about the formulas that make commands.
func (d *DXL) lintCommands() []string {
	var findings []string
	if d.formula(itemCommandAdd) == nil {
		findings = append(findings, "nothing is ever added: CommandAddFormula is empty")
	}
	if d.formula(itemCommandDel) == nil {
		findings = append(findings, "nothing is ever removed: CommandDelFormula is empty, so values stay at the DNS host")
	}
	for _, item := range []string{itemCommandAdd, itemCommandDel} {
		f := d.formula(item)
		if f == nil {
			continue
		}
		if fields := d.secretsIn(item); len(fields) > 0 {
			findings = append(findings, fmt.Sprintf("%s puts %s into the command line, which every user of the machine can read; put it into CommandEnvFormula",
				item, strings.Join(fields, " and ")))
		}
		if made := d.probe(item); len(made) == 1 && len(f.Reads()) > 0 {
			findings = append(findings, item+" comes to one text, which is cut at its spaces, those within values too; make it a list of the program and its arguments")
		}
	}
	return findings
}

// deletes lists the formulas of the delete phase.
func (d *DXL) deletes() []*formula.Formula {
	items := slices.Concat(QryDel.formulaItems(), Del.formulaItems())
	if d.kind == dxlCommand {
		items = []string{itemCommandEnv, itemCommandDel}
	}
	var formulas []*formula.Formula
	for _, item := range items {
		if f := d.formula(item); f != nil {
			formulas = append(formulas, f)
		}
	}
	return formulas
}
