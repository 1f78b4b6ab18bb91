package secret

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// Every verb of fmt, bare, in a struct, behind a pointer and in a container.
func TestValueNeverPrints(t *testing.T) {
	t.Parallel()
	const text = "s3cr3t-t0ken"
	v := New(text)
	holders := map[string]any{
		"value":   v,
		"pointer": &v,
		"struct":  struct{ Token Value }{v},
		"slice":   []Value{v},
		"map":     map[string]Value{"token": v},
		"error":   fmt.Errorf("with %w and %v", fmt.Errorf("%s", v), v),
	}
	for where, holder := range holders {
		for _, verb := range strings.Split("v +v #v T s q x X d b o O c U e f g t p w 10s -3v", " ") {
			printed := fmt.Sprintf("%"+verb, holder)
			if NewRedactor(v).Find(printed) {
				t.Errorf("%s with %%%s prints %q", where, verb, printed)
			}
		}
	}
}

func TestValuePrintsThatItIsThere(t *testing.T) {
	t.Parallel()
	if got := fmt.Sprintf("%v|%s|%q|%#v", New("x"), New("x"), New("x"), New("x")); got != "[secret]|[secret]|[secret]|[secret]" {
		t.Errorf("got %s", got)
	}
	if got := fmt.Sprint(Value{}); got != "" {
		t.Errorf("no secret prints %q", got)
	}
}

func TestValuesAreEqualByText(t *testing.T) {
	t.Parallel()
	one, same := New("a"), New(strings.Clone("a"))
	if one != same || New("a") == New("b") || New("") != (Value{}) || !New("").IsZero() || New("a").IsZero() {
		t.Error("values are not equal by their text")
	}
	if New("a").Reveal() != "a" || (Value{}).Reveal() != "" {
		t.Error("Reveal does not give the text")
	}
}

func TestValueInJSON(t *testing.T) {
	t.Parallel()
	got, err := json.Marshal(map[string]any{"a": New("s3cr3t"), "b": &struct{ C Value }{New("s3cr3t")}})
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"a":"[secret]","b":{"C":"[secret]"}}`; string(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
