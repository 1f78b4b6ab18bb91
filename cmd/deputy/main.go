// Command deputy gets and renews TLS certificates for domains whose DNS you can't touch.
//
// This folder is the command line and the wiring, one file a subcommand; it decides nothing that a room could decide.
// stdout is data, stderr is talk.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"deputy/store"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, func() {
		fmt.Fprintln(os.Stderr, "deputy: stopping; what is published is withdrawn first, interrupt again to leave at once")
		stop() // the next signal ends the process; the journal knows what is left
	})
	p := &program{
		stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr,
		getenv: os.Getenv, terminal: isTerminal(os.Stderr),
	}
	os.Exit(p.run(ctx, os.Args[1:]))
}

// program is one run of deputy, with the world it sees. Tests hand in their own.
type program struct {
	stdin    io.Reader
	stdout   io.Writer
	stderr   io.Writer
	getenv   func(string) string
	terminal bool       // stderr is one: spinner and elapsed time
	watch    store.Sink // sees every event after it was shown; nil for nobody
	options  options

	octets io.Writer // stdout for documents, which stay as they are to the octet
	screen io.Writer // stderr for the spinner, which moves the cursor
}

// run carries out one command line and gives the exit code.
func (p *program) run(ctx context.Context, args []string) int {
	if p.octets == nil {
		p.octets, p.screen = p.stdout, p.stderr
		p.stdout, p.stderr = visible{p.stdout}, visible{p.stderr}
	}
	root := p.rootCommand()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitDone
	}
	return p.fail(ctx, err)
}
