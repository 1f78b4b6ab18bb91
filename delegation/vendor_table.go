package delegation

func vendors() []vendor {
	return []vendor{
		{"auth.acme-dns.io", "acme-dns", "the public instance", "https://github.com/joohoi/acme-dns", true},
	}
}
