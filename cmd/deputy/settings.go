package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"deputy/fault"
)

// fillFlags gives each flag that was not set on the command line its value from the environment (DEPUTY_NAME, or
// DEPUTY_NAME_FILE for a file that holds it), else from the settings file. Flags win, then the environment.
func (p *program) fillFlags(c *cobra.Command) error {
	if err := p.fillFlag(c.Flags().Lookup("state"), nil); err != nil {
		return err
	}
	settings, err := p.readSettings()
	if err != nil {
		return err
	}
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if err == nil {
			err = p.fillFlag(f, settings)
		}
	})
	return err
}

func (p *program) fillFlag(f *pflag.Flag, settings map[string]string) error {
	if f == nil || f.Changed || f.Name == "help" {
		return nil
	}
	variable := "DEPUTY_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
	value, from := p.getenv(variable), variable
	if path := p.getenv(variable + "_FILE"); value == "" && path != "" {
		text, err := os.ReadFile(path)
		if err != nil {
			return usageError{fmt.Errorf("%s_FILE: %w", variable, err)}
		}
		value, from = strings.TrimSpace(string(text)), variable+"_FILE"
	}
	if value == "" {
		value, from = settings[f.Name], p.settingsFile()
	}
	if value == "" {
		return nil
	}
	if err := f.Value.Set(value); err != nil {
		return usageError{fmt.Errorf("%s: %s: %w", from, f.Name, err)}
	}
	f.Changed = true
	return nil
}

// settingNames are the keys of the settings file: global flags that init remembers for later runs.
func settingNames() []string {
	return []string{"resolver", "root", "trust-anchor", "ca-file", "proxy", "lease", "allow-commands"}
}

func (p *program) settingsFile() string { return filepath.Join(p.options.state, "deputy.yaml") }

// readSettings reads the settings file, strictly. There need not be one.
func (p *program) readSettings() (map[string]string, error) {
	source, err := os.ReadFile(p.settingsFile())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, badSettings(p.settingsFile(), err.Error(), err)
	}
	var written map[string]string
	if err := yaml.Unmarshal(source, &written); err != nil {
		return nil, badSettings(p.settingsFile(), "it can't be read:\n"+yaml.FormatError(err, false, true), err)
	}
	settings := map[string]string{}
	for key, value := range written {
		name := strings.ReplaceAll(key, "_", "-") // as in the other documents' keys
		if !slices.Contains(settingNames(), name) {
			return nil, badSettings(p.settingsFile(), fmt.Sprintf("it has the key %q, which deputy does not know", key), nil)
		}
		settings[name] = value
	}
	return settings, nil
}

// writeSettings remembers the global flags of this run.
func (p *program) writeSettings(c *cobra.Command) error {
	settings := map[string]string{}
	for _, key := range settingNames() {
		f := c.Flags().Lookup(key)
		if f == nil || !f.Changed {
			continue
		}
		if key == "proxy" && strings.Contains(f.Value.String(), "@") {
			fmt.Fprintln(p.stderr, "deputy: the proxy has a password, so it is not written into deputy.yaml; give it to each run as DEPUTY_PROXY_FILE")
			continue
		}
		settings[key] = f.Value.String()
	}
	text, err := yaml.Marshal(settings)
	if err != nil {
		return err
	}
	return os.WriteFile(p.settingsFile(), text, 0o600)
}

func badSettings(file, seen string, err error) *fault.Fault {
	return &fault.Fault{
		Code: fault.BadSettings, Tried: "read the settings in " + file, Seen: seen,
		Do: "mend the file; its keys are " + strings.Join(settingNames(), ", "), Who: fault.Admin, Err: err,
	}
}
