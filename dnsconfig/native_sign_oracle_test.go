package dnsconfig

import (
	"testing"
	"time"
)

// oracleKey is the private key that Oracle publishes with its examples of request signatures; it opens nothing.
const oracleKey = `-----BEGIN RSA PRIVATE KEY-----
MIICXgIBAAKBgQDCFENGw33yGihy92pDjZQhl0C36rPJj+CvfSC8+q28hxA161QF
NUd13wuCTUcq0Qd2qsBe/2hFyc2DCJJg0h1L78+6Z4UMR7EOcpfdUE9Hf3m/hs+F
UR45uBJeDK1HSFHD8bHKD6kv8FPGfJTotc+2xjJwoYi+1hqp1fIekaxsyQIDAQAB
AoGBAJR8ZkCUvx5kzv+utdl7T5MnordT1TvoXXJGXK7ZZ+UuvMNUCdN2QPc4sBiA
QWvLw1cSKt5DsKZ8UETpYPy8pPYnnDEz2dDYiaew9+xEpubyeW2oH4Zx71wqBtOK
kqwrXa/pzdpiucRRjk6vE6YY7EBBs/g7uanVpGibOVAEsqH1AkEA7DkjVH28WDUg
f1nqvfn2Kj6CT7nIcE3jGJsZZ7zlZmBmHFDONMLUrXR/Zm3pR5m0tCmBqa5RK95u
412jt1dPIwJBANJT3v8pnkth48bQo/fKel6uEYyboRtA5/uHuHkZ6FQF7OUkGogc
mSJluOdc5t6hI1VsLn0QZEjQZMEOWr+wKSMCQQCC4kXJEsHAve77oP6HtG/IiEn7
kpyUXRNvFsDE0czpJJBvL/aRFUJxuRK91jhjC68sA7NsKMGg5OXb5I5Jj36xAkEA
gIT7aFOYBFwGgQAQkWNKLvySgKbAZRTeLBacpHMuQdl1DfdntvAyqpAZ0lY0RKmW
G6aFKaqQfOXKCyWoUiVknQJAXrlgySFci/2ueKlIE1QqIiLSZ8V8OlpFLRnb1pzI
7U1yQXnTAEFYM560yJlzUpOb1V4cScGd365tiSMvxLOvTA==
-----END RSA PRIVATE KEY-----`

// Oracle Cloud Infrastructure, "Request Signatures", signature version 1. The date of Oracle's examples is a Thursday that
// was none, so it stands in the account here; a document writes time("rfc1123").
func TestOracleSignatures(t *testing.T) {
	t.Parallel()
	const sign = `
values:
  date: =account.date
  digest: =base64(hash("sha256", request.body))
  target: '=request.query == "" ? request.path : request.path + "?" + request.query'
  start: '="date: " + signing.date + "\n(request-target): " + lower(request.method) + " " + signing.target + "\nhost: " + request.host'
  body: '=request.body == "" ? "" : "\ncontent-length: " + text(request.length) + "\ncontent-type: " + request.headers["content-type"] + "\nx-content-sha256: " + signing.digest'
  names: '="date (request-target) host" + (request.body == "" ? "" : " content-length content-type x-content-sha256")'
  signature: =base64(rsa_sign("sha256", account.key, signing.start + signing.body))
headers:
  Date: =signing.date
  X-Content-Sha256: '=request.body == "" ? nil : signing.digest'
  Authorization: Signature version="1",headers="${signing.names}",keyId="${account.tenancy}/${account.user}/${account.fingerprint}",algorithm="rsa-sha256",signature="${signing.signature}"
`
	account := map[string]any{
		"date": "Thu, 05 Jan 2014 21:31:40 GMT", "key": oracleKey, "fingerprint": "20:3b:97:13:55:1c:5b:0d:d3:37:d8:50:4e:c5:3a:34",
		"tenancy": "ocid1.tenancy.oc1..aaaaaaaaba3pv6wkcr4jqae5f15p2b2m2yt2j6rx32uzr4h25vqstifsfdsq",
		"user":    "ocid1.user.oc1..aaaaaaaat5nvwcna5j6aqzjcaty5eqbb6qt2jvpkanghtgdaqedqw3rynjq",
	}
	const keyID = `keyId="ocid1.tenancy.oc1..aaaaaaaaba3pv6wkcr4jqae5f15p2b2m2yt2j6rx32uzr4h25vqstifsfdsq/ocid1.user.oc1..aaaaaaaat5nvwcna5j6aqzjcaty5eqbb6qt2jvpkanghtgdaqedqw3rynjq/20:3b:97:13:55:1c:5b:0d:d3:37:d8:50:4e:c5:3a:34"`
	for _, c := range []struct {
		request      Request
		want, digest string
	}{
		{
			Request{Method: "GET", URL: "https://iaas.us-phoenix-1.oraclecloud.com/20160918/instances?availabilityDomain=Pjwf%3A%20PHX-AD-1&compartmentId=ocid1.compartment.oc1..aaaaaaaam3we6vgnherjq5q2idnccdflvjsnog7mlr6rtdb25gilchfeyjxa&displayName=TeamXInstances&volumeId=ocid1.volume.oc1.phx.abyhqljrgvttnlx73nmrwfaux7kcvzfs3s66izvxf2h4lgvyndsdsnoiwr5q"},
			`Signature version="1",headers="date (request-target) host",` + keyID + `,algorithm="rsa-sha256",signature="GBas7grhyrhSKHP6AVIj/h5/Vp8bd/peM79H9Wv8kjoaCivujVXlpbKLjMPeDUhxkFIWtTtLBj3sUzaFj34XE6YZAHc9r2DmE4pMwOAy/kiITcZxa1oHPOeRheC0jP2dqbTll8fmTZVwKZOKHYPtrLJIJQHJjNvxFWeHQjMaR7M="`, "",
		},
		{
			Request{
				Method: "POST", URL: "https://iaas.us-phoenix-1.oraclecloud.com/20160918/volumeAttachments", Header: [][2]string{{"Content-Type", "application/json"}},
				Body: []byte(`{
    "compartmentId": "ocid1.compartment.oc1..aaaaaaaam3we6vgnherjq5q2idnccdflvjsnog7mlr6rtdb25gilchfeyjxa",
    "instanceId": "ocid1.instance.oc1.phx.abuw4ljrlsfiqw6vzzxb43vyypt4pkodawglp3wqxjqofakrwvou52gb6s5a",
    "volumeId": "ocid1.volume.oc1.phx.abyhqljrgvttnlx73nmrwfaux7kcvzfs3s66izvxf2h4lgvyndsdsnoiwr5q"
}`),
			},
			`Signature version="1",headers="date (request-target) host content-length content-type x-content-sha256",` + keyID + `,algorithm="rsa-sha256",signature="Mje8vIDPlwIHmD/cTDwRxE7HaAvBg16JnVcsuqaNRim23fFPgQfLoOOxae6WqKb1uPjYEl0qIdazWaBy/Ml8DRhqlocMwoSXv0fbukP8J5N80LCmzT/FFBvIvTB91XuXI3hYfP9Zt1l7S6ieVadHUfqBedWH0itrtPJBgKmrWso="`,
			"V9Z20UJTvkvpJ50flBzKE32+6m2zJjweHpDMX/U4Uy0=",
		},
	} {
		got := recipe{sign, account, c.request, time.Unix(1388957500, 0), ""}.headers(t)
		if got["authorization"] != c.want || got["x-content-sha256"] != c.digest || got["date"] != "Thu, 05 Jan 2014 21:31:40 GMT" {
			t.Errorf("%s: %q", c.request.Method, got)
		}
	}
}
