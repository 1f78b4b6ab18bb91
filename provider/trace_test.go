package provider

import (
	"testing"

	"deputy/secret"
)

// TestRedactedAuthorization: a trace shows the scheme of Authorization, and nothing that may be a secret.
func TestRedactedAuthorization(t *testing.T) {
	t.Parallel()
	a := &account{redactor: newRedaction([]secret.Value{secret.New("s3cret-token"), secret.New("open sesame now")})}
	for value, want := range map[string]string{
		"Njalla s3cret-token":          "Njalla [secret]",
		"Bearer something-else":        "Bearer [secret]",
		"AWS4-HMAC-SHA256 Credential=": "AWS4-HMAC-SHA256 [secret]",
		"s3cret-token":                 "[secret]",
		"s3cret-token more":            "[secret]",
		"open sesame now":              "[secret]",
		"Token token=x":                "Token [secret]",
		"token=x y":                    "[secret]",
		"Bearer ":                      "[secret]",
		"":                             "[secret]",
	} {
		if got := a.redactedHeader("Authorization", value); got != want {
			t.Errorf("Authorization: %s is shown as %s, want %s", value, got, want)
		}
	}
	if got := a.redactedHeader("Cookie", "Bearer x"); got != "[secret]" {
		t.Errorf("a cookie is shown as %s", got)
	}
}
