package main

import (
	"errors"
	"slices"

	"deputy/fault"
	"deputy/name"
)

// certificateNames reads the names of a command line: plain arguments, then those of -d. Each bad one is a fault.
func certificateNames(args, more []string) ([]name.Name, error) {
	var names []name.Name
	var faults []error
	for _, text := range slices.Concat(args, more) {
		n, err := name.Parse(text)
		if err != nil {
			faults = append(faults, &fault.Fault{
				Code: fault.BadName, Tried: "read the name " + text, Seen: err.Error(),
				Do: "give host names such as www.example.org, or *.example.org", Who: fault.Admin, Err: err,
			})
			continue
		}
		if _, ok := n.Challenge(); !ok {
			faults = append(faults, &fault.Fault{
				Code: fault.BadName, Tried: "read the name " + text,
				Seen: "with _acme-challenge in front it is longer than a name can be (253 octets)",
				Do:   "take a shorter name, or a wildcard of its parent", Who: fault.Admin,
			})
			continue
		}
		if !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	if len(faults) == 0 && len(names) == 0 {
		return nil, usageError{errors.New("name at least one host, as in www.example.org")}
	}
	return names, errors.Join(faults...)
}
