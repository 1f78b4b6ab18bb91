package desec

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// fieldErrors collects what is wrong with each field, in Django REST framework's words.
type fieldErrors map[string]any

const (
	required = "This field is required."
	null     = "This field may not be null."
	blank    = "This field may not be blank."
)

// textRule says what a text field has to be.
type textRule struct {
	required bool
	blank    bool                  // "" is fine
	check    func(string) []string // of what is there
}

// text reads a field; ok is false where it is absent or wrong.
func (errs fieldErrors) text(field string, item map[string]any, rule textRule) (value string, ok bool) {
	raw, present := item[field]
	if !present {
		if rule.required {
			errs[field] = []string{required}
		}
		return "", false
	}
	switch v := raw.(type) {
	case nil:
		errs[field] = []string{null}
		return "", false
	case string:
		value = strings.TrimSpace(v)
	case json.Number:
		value = v.String()
	default:
		errs[field] = []string{"Not a valid string."}
		return "", false
	}
	if value == "" && !rule.blank {
		errs[field] = []string{blank}
		return "", false
	}
	if wrong := rule.check(value); len(wrong) > 0 {
		errs[field] = wrong
		return "", false
	}
	return value, true
}

// integer reads a whole number, in digits or as text, between least and most.
func (errs fieldErrors) integer(field string, item map[string]any, need bool, least, most int) (value int, ok bool) {
	raw, present := item[field]
	var text string
	switch v := raw.(type) {
	case nil:
		if present {
			errs[field] = []string{null}
		} else if need {
			errs[field] = []string{required}
		}
		return 0, false
	case json.Number:
		text = v.String()
	case string:
		text = strings.TrimSpace(v)
	}
	if whole, zeros, cut := strings.Cut(text, "."); cut && strings.Trim(zeros, "0") == "" {
		text = whole
	}
	value, err := strconv.Atoi(text)
	switch {
	case err != nil:
		errs[field] = []string{"A valid integer is required."}
	case value > most:
		errs[field] = []string{fmt.Sprintf("Ensure this value is less than or equal to %d.", most)}
	case value < least:
		errs[field] = []string{fmt.Sprintf("Ensure this value is greater than or equal to %d.", least)}
	}
	_, wrong := errs[field]
	return value, !wrong
}

// strings reads a list of record contents; filled says that an empty one is refused.
func (errs fieldErrors) strings(field string, item map[string]any, need, filled bool) (values []string, ok bool) {
	raw, present := item[field]
	list, isList := raw.([]any)
	switch {
	case !present:
		if need {
			errs[field] = []string{required}
		}
		return nil, false
	case raw == nil:
		errs[field] = []string{null}
		return nil, false
	case !isList:
		errs[field] = nonField(`Expected a list of items but got type "%s".`, typeName(raw))
		return nil, false
	case len(list) == 0 && filled:
		errs[field] = []string{"This field must not be empty when using POST."}
		return nil, false
	}
	wrong := make([]any, len(list))
	for i, v := range list {
		text, isText := v.(string)
		text = strings.TrimSpace(text)
		wrong[i] = map[string]any{}
		switch {
		case v == nil:
			wrong[i] = map[string]any{"non_field_errors": []string{null}}
		case !isText:
			wrong[i] = []string{"Must be a string."}
		case text == "":
			wrong[i] = map[string]any{"content": []string{blank}}
		default:
			values = append(values, text)
		}
	}
	if len(values) < len(list) {
		errs[field] = wrong
		return nil, false
	}
	return slices.Clip(values), true
}
