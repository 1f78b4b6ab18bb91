package delegation

// vendors are the validation services that are known: where their CNAMEs lead, as the companies' own pages say.
func vendors() []vendor {
	return []vendor{
		{"auth.acme-dns.io", "acme-dns", "the public instance", "https://github.com/joohoi/acme-dns", true},
		{"dcv.cloudflare.com", "Cloudflare", "the delegated validation", "https://developers.cloudflare.com/ssl/edge-certificates/changing-dcv-method/methods/delegated-dcv/", false},
		{"authorize.certificatemanager.goog", "Google Cloud", "a DNS authorization", "https://cloud.google.com/certificate-manager/docs/dns-authorizations", false},
		{"fastly-validations.com", "Fastly", "the validation for managed certificates", "https://docs.fastly.com/en/guides/setting-up-tls-with-certificates-fastly-manages", false},
		{"acm-validations.aws", "AWS Certificate Manager", "the validation", "https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html", false},
		{"validate-akdv.net", "Akamai", "the validation for its default certificates", "https://techdocs.akamai.com/property-mgr/reference/post-certificate-challenges", false},
		{"dcv.aliyun-esa.com", "Alibaba Cloud ESA", "the delegated validation", "https://www.alibabacloud.com/help/en/edge-security-acceleration/esa/user-guide/managed-dcv", false},
		{"kinstavalidation.app", "Kinsta", "the validation for its certificates", "https://kinsta.com/docs/free-ssl-renewals/", false},
	}
}
