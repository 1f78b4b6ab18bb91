package dnsconfig

import "github.com/expr-lang/expr/types"

// functions are what expressions can call, by name; step, plus and match are what guard writes into an expression.
// What a function gives is bounded by its arguments or by the budget, and paid for.
func (e *evaluation) functions() map[string]any {
	return map[string]any{
		"step": e.step, "plus": e.plus, "match": e.match,

		"text": e.asText, "number": asNumber, "lower": e.lower, "upper": e.upper, "replace": e.replace,
		"join": e.join, "split": e.split, "list": e.list, "entries": e.entries, "sort": e.sort, "concat": e.concat,
		"capture": e.capture,

		"quote": e.quote, "unquote": e.unquote, "json": e.json, "unjson": e.unjson,
		"base64": e.base64, "unbase64": e.unbase64, "base64url": e.base64url, "unbase64url": e.unbase64url,
		"hex": e.hex, "unhex": e.unhex, "escape": e.escape, "form": e.form, "sorted_query": e.sortedQuery, "path": e.path,

		"hash": e.hash, "hmac": e.hmac, "rsa_sign": e.rsaSign, "jwt": e.jwt,
		"time": e.time, "totp": e.totp,
		"link": e.link, "same_name": e.sameName, "relative": e.relative, "unicode": e.unicode,
	}
}

// functionTypes are the types of what newEvaluation hands in.
func functionTypes() types.Map {
	var e *evaluation
	all := types.Map{}
	for name, f := range e.functions() {
		all[name] = types.TypeOf(f)
	}
	return all
}
