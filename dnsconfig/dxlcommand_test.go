package dnsconfig

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"deputy/fault"
)

// commandDXL is a configuration that runs commands.
func commandDXL(t *testing.T, items ...string) *DXL {
	t.Helper()
	base := []string{"DnsProviderConfigName", "<text>Test</text>", "DnsProviderType", "<text>C</text>"}
	result, err := ImportDXL(dxl(append(items, base...)...))
	if err != nil {
		t.Fatal(err)
	}
	return result.Configurations[0]
}

// TestCommand: a list as it is, and a text cut at spaces outside of quotes; nothing is expanded.
func TestCommand(t *testing.T) {
	t.Parallel()
	for formula, want := range map[string]string{
		`"dns-add" : param_DnsTxtName : "" : "a b"`:                               `["dns-add" "_acme-challenge.www.example.org" "" "a b"]`,
		`"dns-add  --name " + param_DnsTxtName`:                                   `["dns-add" "--name" "_acme-challenge.www.example.org"]`,
		`{ "/opt/my tools/dns" 'a "b" c'"d e"f "" $HOME;rm|x\\y }`:                `["/opt/my tools/dns" "a \"b\" cd ef" "" "$HOME;rm|x\\y"]`,
		`"C:\\tools\\dns.exe" : "x"`:                                              `["C:\\tools\\dns.exe" "x"]`,
		`FIELD env := "e"; "dns" : env`:                                           `["dns" "e"]`,
		`@If(param_RegisteredDomain = "example.org"; "dns" : "org"; "dns" : "x")`: `["dns" "org"]`,
	} {
		d := commandDXL(t, "CommandAddFormula", "<text>"+formula+"</text>")
		c, skipped, err := d.Start(inputs()).Command(Add)
		if got := fmt.Sprintf("%q", c.Args); err != nil || skipped != "" || got != want || len(c.Env) != 0 {
			t.Errorf("%s: %s, %q, %v", formula, got, skipped, err)
		}
	}
	d := commandDXL(t, "CommandAddFormula", `<text>FIELD zone := "z1"; "add"</text>`, "CommandDelFormula", `<text>"del" : zone : retJSON_Add.id : @Text(ret_AddStatus) : ret_AddText</text>`,
		"CommandEnvFormula", `<text>("TOKEN=" + cfg_AuthToken) : "" : "EMPTY="</text>`)
	in := inputs("cfg_AuthToken", "t0k=3n")
	run := d.Start(in)
	c, _, err := run.Command(Add)
	if err != nil || fmt.Sprintf("%q", c.Env) != `["TOKEN=t0k=3n" "EMPTY="]` {
		t.Errorf("%q, %v", c.Env, err)
	}
	if err := run.Read(Add, Response{Status: 0, Body: []byte(`{"id":"r1"}`)}); err != nil || len(run.Warnings()) != 0 {
		t.Errorf("%v, %q", err, run.Warnings())
	}
	stored, err := run.Context()
	if err != nil || strings.Contains(string(stored), "t0k") {
		t.Fatalf("%s, %v", stored, err)
	}
	resumed, err := d.Resume(in, stored)
	if err != nil {
		t.Fatal(err)
	}
	c, _, err = resumed.Command(Del)
	if got := fmt.Sprintf("%q %q", c.Args, c.Env); err != nil || got != `["del" "z1" "r1" "0" "{\"id\":\"r1\"}"] ["TOKEN=t0k=3n" "EMPTY="]` {
		t.Errorf("%s, %v", got, err)
	}
	if !d.RunsCommands() || !d.Removes() || commandDXL(t).Removes() || httpDXL(t).RunsCommands() || httpDXL(t).Removes() {
		t.Error("what it can do is told wrongly")
	}
}

// TestOutputOfCommandsNeedNotBeJSON: a program says what it likes.
func TestOutputOfCommandsNeedNotBeJSON(t *testing.T) {
	t.Parallel()
	run := commandDXL(t, "CommandAddFormula", `<text>"add"</text>`).Start(inputs())
	if err := run.Read(Add, Response{Body: []byte("added.\n")}); err != nil || len(run.Warnings()) != 0 {
		t.Errorf("%v, %q", err, run.Warnings())
	}
}

// TestRefusedCommands: each with the item, and never the value.
func TestRefusedCommands(t *testing.T) {
	t.Parallel()
	const value = "s3cr3t v4lue"
	for _, c := range []struct{ item, formula, want string }{
		{"CommandAddFormula", `"" : cfg_AuthToken`, "the first element, the program, is empty"},
		{"CommandAddFormula", `"./add" : cfg_AuthToken`, "the program is neither a name to be found in PATH nor a whole path"},
		{"CommandAddFormula", `"tools\\\\add " + cfg_AuthToken`, "the program is neither a name to be found in PATH nor a whole path"},
		{"CommandAddFormula", `"add '" + cfg_AuthToken`, "a ' in the command line is not closed; a list of the program and its arguments needs no quotes"},
		{"CommandAddFormula", `"add" : (cfg_AuthToken + @Char(0))`, "argument 1 has a NUL"},
		{"CommandAddFormula", `cfg_AuthToken + 1`, "line 1, column 15: incorrect data type for +"},
		{"CommandEnvFormula", `"A=1" : cfg_AuthToken`, `element 2 is not of the form "NAME=value"`},
		{"CommandEnvFormula", `"A B=" + cfg_AuthToken`, `element 1 is not of the form "NAME=value"`},
		{"CommandEnvFormula", `"A=" + cfg_AuthToken + @Char(0)`, "the value of A has a NUL"},
		{"CommandEnvFormula", `cfg_AuthToken + 1`, "incorrect data type for +"},
	} {
		items := []string{"CommandAddFormula", `<text>"add"</text>`}
		_, _, err := commandDXL(t, append([]string{c.item, "<text>" + c.formula + "</text>"}, items...)...).Start(inputs("cfg_AuthToken", value)).Command(Add)
		f, ok := fault.From(err)
		if !ok || f.Code != fault.Formula || !strings.Contains(f.Seen, c.want) || f.Tried != "evaluate "+c.item+" of the DNS Configuration Test" {
			t.Errorf("%s:\n got %v\nwant %s", c.formula, err, c.want)
			continue
		}
		if strings.Contains(err.Error(), "v4lue") {
			t.Errorf("%s: the fault shows the value: %v", c.formula, err)
		}
	}
	d := commandDXL(t, "CommandDelFormula", `<text>" "</text>`)
	for op, want := range map[Op]string{Add: "empty formula", Del: "empty command"} {
		if _, skipped, err := d.Start(inputs()).Command(op); skipped != want || err != nil {
			t.Errorf("%s: %q, %v", op, skipped, err)
		}
	}
}

func TestLintOfCommands(t *testing.T) {
	t.Parallel()
	wantLines(t, commandDXL(t, "CommandAddFormula", `<text>"add " + param_DnsTxtName + " " + cfg_AuthToken + parm</text>`).Lint(),
		"nothing is ever removed: CommandDelFormula is empty, so values stay at the DNS host",
		"CommandAddFormula puts cfg_AuthToken into the command line, which every user of the machine can read; put it into CommandEnvFormula",
		"CommandAddFormula comes to one text, which is cut at its spaces, those within values too; make it a list of the program and its arguments",
		"CommandAddFormula, line 1, column 51: it reads parm, which nothing sets")
	wantLines(t, commandDXL(t, "CommandDelFormula", `<text>"del" : param_DnsTxtName</text>`, "CommandEnvFormula", `<text>"T=" + cfg_AuthToken</text>`).Lint(),
		"nothing is ever added: CommandAddFormula is empty")
}

// FuzzCommandLine: a command line of one text never panics; and arguments that are put into quotes come back as they were.
func FuzzCommandLine(f *testing.F) {
	f.Add("dns-add", `a 'b" c`, "")
	f.Add("/bin/x", "\t\\", "'")
	f.Fuzz(func(t *testing.T, program, one, two string) {
		_, _ = commandLine([]string{program + " " + one + two})
		quote := func(s string) string {
			if strings.Contains(s, "'") {
				return `"` + s + `"`
			}
			return "'" + s + "'"
		}
		for _, s := range []string{program, one, two} {
			if strings.Contains(s, "'") && strings.Contains(s, `"`) {
				return // no quotes can hold it; that is what lists are for
			}
			if !utf8.ValidString(s) {
				return // formulas give no such text
			}
		}
		args, err := splitCommand(quote(program) + " " + quote(one) + "\t" + quote(two))
		if err != nil || fmt.Sprintf("%q", args) != fmt.Sprintf("%q", []string{program, one, two}) {
			t.Fatalf("%q %q %q: %q, %v", program, one, two, args, err)
		}
	})
}
