package dnsconfig

import "fmt"

// values reads the set of the rrset style.
func (r *reading) values() (Result, error) {
	v, err := r.call.result["values"].give(r.e)
	if err != nil {
		return Result{}, err
	}
	values, err := textsOf(v)
	if err != nil {
		return Result{}, fmt.Errorf("values: %w", err)
	}
	result := Result{Values: values}
	if x := r.call.result["found"]; x != nil {
		if result.Found, err = x.give(r.e); err != nil {
			return Result{}, err
		}
	}
	err = r.follow(&result)
	return result, err
}

// records reads the list of the record style.
func (r *reading) records() (Result, error) {
	elements, err := r.listed("records")
	if err != nil {
		return Result{}, err
	}
	var result Result
	for _, element := range elements {
		record, err := r.record(element)
		if err != nil {
			return Result{}, err
		}
		result.Records = append(result.Records, record)
	}
	err = r.follow(&result)
	return result, err
}

func (r *reading) record(element any) (Record, error) {
	r.e.env["record"] = element
	record := Record{Raw: element}
	var err error
	if record.ID, err = r.optional("id"); err != nil {
		return record, err
	}
	if record.ID == "" && r.call.result["id"] != nil {
		return record, fmt.Errorf("a record of the list has no id")
	}
	x := r.call.result["value"]
	if x == nil {
		return record, nil
	}
	v, err := x.give(r.e)
	if err != nil {
		return record, err
	}
	if record.Value, err = textOf(v); err != nil {
		return record, fmt.Errorf("value: %w", err)
	}
	return record, nil
}

// item reads the value of one record.
func (r *reading) item() (Result, error) {
	v, err := r.call.result["value"].give(r.e)
	if err != nil {
		return Result{}, err
	}
	text, err := textOf(v)
	if err != nil {
		return Result{}, fmt.Errorf("value: %w", err)
	}
	return Result{Values: []string{text}}, nil
}
