package desec

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"
)

// data reads the request's body as JSON. No body is nil. Only JSON is understood: anything else is 415, even valid
// forms.
func (c *call) data() (any, error) {
	if len(c.body) == 0 {
		return nil, nil
	}
	if media, _, err := mime.ParseMediaType(c.contentType); err != nil || media != "application/json" {
		return nil, refuse(http.StatusUnsupportedMediaType, detail(`Unsupported media type "%s" in request.`, c.contentType))
	}
	d := json.NewDecoder(bytes.NewReader(c.body))
	d.UseNumber()
	var data any
	err := d.Decode(&data)
	if err == nil && len(bytes.TrimSpace(c.body[d.InputOffset():])) > 0 {
		err = json.Unmarshal(c.body, new(any)) // finds what stands behind the value, and where
	}
	if err != nil {
		return nil, refuse(http.StatusBadRequest, detail("JSON parse error - %s", pythonMessage(c.body, err)))
	}
	return data, nil
}

// dictionary gives data as one object.
func dictionary(data any) (map[string]any, error) {
	if data == nil {
		return nil, refuse(http.StatusBadRequest, nonField("No data provided"))
	}
	item, ok := data.(map[string]any)
	if !ok {
		return nil, refuse(http.StatusBadRequest, nonField("Invalid data. Expected a dictionary, but got %s.", typeName(data)))
	}
	return item, nil
}

// typeName names a JSON value's type as Python does.
func typeName(data any) string {
	switch v := data.(type) {
	case nil:
		return "NoneType"
	case bool:
		return "bool"
	case string:
		return "str"
	case []any:
		return "list"
	case json.Number:
		if strings.ContainsAny(v.String(), ".eE") {
			return "float"
		}
		return "int"
	}
	return "dict"
}

// pythonMessage says what Python's json module says where Go's decoder gave err: the cause, and the place counted in
// characters.
func pythonMessage(body []byte, err error) string {
	at := len(body)
	cause := "Expecting value"
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &syntax) && !strings.Contains(syntax.Error(), "unexpected end"):
		at = min(int(syntax.Offset)-1, len(body)-1)
		cause = pythonCause(syntax.Error())
	case !errors.Is(err, io.ErrUnexpectedEOF) && syntax == nil:
		return err.Error()
	}
	if cause == "Expecting value" {
		for at > 0 && at <= len(body) && unicode.IsLetter(rune(body[at-1])) {
			at-- // Python reports where a word begins, Go where it goes wrong
		}
	}
	before := string(body[:at])
	line := strings.Count(before, "\n")
	column := utf8.RuneCountInString(before[strings.LastIndex(before, "\n")+1:])
	return fmt.Sprintf("%s: line %d column %d (char %d)", cause, line+1, column+1, utf8.RuneCountInString(before))
}

func pythonCause(message string) string {
	for _, c := range [][2]string{
		{"object key string", "Expecting property name enclosed in double quotes"},
		{"after object key:value pair", "Expecting ',' delimiter"},
		{"after array element", "Expecting ',' delimiter"},
		{"after object key", "Expecting ':' delimiter"},
		{"after top-level value", "Extra data"},
		{"in string literal", "Invalid control character at"},
		{"in string escape code", `Invalid \escape`},
	} {
		if strings.Contains(message, c[0]) {
			return c[1]
		}
	}
	return "Expecting value"
}
