package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"deputy/fault"
	"deputy/secret"
)

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// asker asks questions on stderr and reads answers from stdin, one reader for all of them.
type asker struct {
	ctx context.Context // of the command: Ctrl-C ends a question
	in  *bufio.Reader
	out io.Writer
	tty *os.File // stdin when it is a terminal, for secrets without echo; else nil
}

func (p *program) asker(ctx context.Context) *asker {
	a := &asker{ctx: ctx, in: bufio.NewReader(p.stdin), out: p.stderr}
	if f, ok := p.stdin.(*os.File); ok && isTerminal(f) {
		a.tty = f
	}
	return a
}

// errNobody is a question with nobody there to answer.
var errNobody = errors.New("stdin is not a terminal, so nobody can be asked")

// ask asks for a line; an empty answer gives preset.
func (a *asker) ask(question, preset string) (string, error) {
	if a.tty == nil {
		return "", usageError{fmt.Errorf("%s: %w", question, errNobody)}
	}
	if preset != "" {
		question += " [" + preset + "]"
	}
	fmt.Fprintf(a.out, "%s: ", question)
	line, err := a.wait(func() (string, error) { return a.in.ReadString('\n') })
	if err != nil && line == "" {
		return "", err
	}
	if line = strings.TrimSpace(line); line == "" {
		return preset, nil
	}
	return line, nil
}

// askSecret asks without echo, and gives the terminal its echo back when it is interrupted.
func (a *asker) askSecret(question string) (secret.Value, error) {
	if a.tty == nil {
		return secret.Value{}, usageError{fmt.Errorf("%s: %w", question, errNobody)}
	}
	fmt.Fprintf(a.out, "%s (not shown): ", question)
	descriptor := int(a.tty.Fd())
	before, err := term.GetState(descriptor)
	if err != nil {
		return secret.Value{}, err
	}
	text, err := a.wait(func() (string, error) {
		text, err := term.ReadPassword(descriptor)
		return string(text), err
	})
	if a.ctx.Err() != nil {
		err = errors.Join(err, term.Restore(descriptor, before))
	}
	fmt.Fprintln(a.out)
	return secret.New(strings.TrimSpace(text)), err
}

// wait reads until there is an answer or the command is interrupted. An interrupted read is left behind: the process
// ends with it.
func (a *asker) wait(read func() (string, error)) (string, error) {
	type answer struct {
		text string
		err  error
	}
	answered := make(chan answer, 1)
	go func() {
		text, err := read()
		answered <- answer{text, err}
	}()
	select {
	case <-a.ctx.Done():
		return "", a.ctx.Err()
	case got := <-answered:
		if errors.Is(got.err, io.EOF) && got.text == "" {
			return "", usageError{errors.New("the input ended before the question was answered")}
		}
		return got.text, got.err
	}
}

// confirm asks a yes-or-no question whose default is no.
func (a *asker) confirm(question string) (bool, error) {
	answer, err := a.ask(question+" (yes/no)", "no")
	return strings.HasPrefix(strings.ToLower(answer), "y"), err
}

// readSecretFile reads a file that holds a secret, and refuses one that others can read.
func readSecretFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if open := othersCanRead(info); open {
		return nil, secretOpen(path, info.Mode())
	}
	return io.ReadAll(io.LimitReader(f, 1<<16))
}

// cannotRead is a file that the command line named and that can't be read.
func cannotRead(path, what string, err error) *fault.Fault {
	return &fault.Fault{
		Code: fault.BadSettings, Tried: "read " + what + " in " + path, Seen: err.Error(),
		Do: "name a file that is there and that deputy may read", Who: fault.Admin, Err: err,
	}
}
