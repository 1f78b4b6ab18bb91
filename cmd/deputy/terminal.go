package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"deputy/secret"
)

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// asker asks questions on stderr and reads answers from stdin, one reader for all of them.
type asker struct {
	in  *bufio.Reader
	out io.Writer
	tty *os.File // stdin when it is a terminal, for secrets without echo; else nil
}

func (p *program) asker() *asker {
	a := &asker{in: bufio.NewReader(p.stdin), out: p.stderr}
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
	line, err := a.in.ReadString('\n')
	if err != nil && line == "" {
		return "", err
	}
	if line = strings.TrimSpace(line); line == "" {
		return preset, nil
	}
	return line, nil
}

// askSecret asks without echo.
func (a *asker) askSecret(question string) (secret.Value, error) {
	if a.tty == nil {
		return secret.Value{}, usageError{fmt.Errorf("%s: %w", question, errNobody)}
	}
	fmt.Fprintf(a.out, "%s (not shown): ", question)
	text, err := term.ReadPassword(int(a.tty.Fd()))
	fmt.Fprintln(a.out)
	return secret.New(strings.TrimSpace(string(text))), err
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
