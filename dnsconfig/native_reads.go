package dnsconfig

import (
	"strings"

	"github.com/expr-lang/expr/ast"
)

// reads are the variables that expressions read, and how often: "ttl", "account.token"; "account." is any of the account.
type reads map[string]int

// Visit notes a variable, or a member of one.
func (r reads) Visit(n *ast.Node) {
	switch x := (*n).(type) {
	case *ast.IdentifierNode:
		r[x.Value]++
	case *ast.MemberNode:
		if of, ok := x.Node.(*ast.IdentifierNode); ok {
			r[memberOf(of.Value, x)]++
		}
	}
}

// memberOf is "account.token" for a member that is written out, else "account.".
func memberOf(of string, x *ast.MemberNode) string {
	if name, constant := x.Property.(*ast.StringNode); constant {
		return of + "." + name.Value
	}
	return of + "."
}

func (r reads) expression(x *expression) { see(r, x) }

func (r reads) value(v value) { seeValue(r, v) }

func see(v ast.Visitor, x *expression) {
	if x == nil {
		return
	}
	node := x.program.Node()
	ast.Walk(&node, v)
}

// seeValue shows a visitor all expressions of a value.
func seeValue(visitor ast.Visitor, v value) {
	switch x := v.(type) {
	case *expression:
		see(visitor, x)
	case template:
		for _, p := range x {
			see(visitor, p.expr)
		}
	case list:
		for _, element := range x {
			seeValue(visitor, element)
		}
	case object:
		for _, m := range x {
			seeValue(visitor, m.value)
		}
	}
}

func (r reads) headers(headers []header) {
	for _, h := range headers {
		r.value(h.value)
	}
}

func (r reads) signing(s *signing) {
	if s == nil {
		return
	}
	for _, v := range s.values {
		r.value(v.value)
	}
	r.headers(s.headers)
	if s.aws != nil {
		for _, v := range []value{s.aws.accessKey, s.aws.secretKey, s.aws.sessionToken, s.aws.region, s.aws.service} {
			r.value(v)
		}
	}
}

// address reads what stands in a call's address.
func (r reads) address(c *call) {
	r.value(c.path)
	r.value(c.query)
	r.value(c.parameters)
}

// request reads what a request is made from.
func (r reads) request(c *call) {
	r.address(c)
	r.headers(c.header)
	r.value(c.content.value)
	r.signing(c.sign)
}

// answer reads what an answer is read with.
func (r reads) answer(c *call) {
	for _, x := range []*expression{c.ok, c.message, c.wait, c.job} {
		r.expression(x)
	}
	for _, named := range c.named {
		r.expression(named.when)
	}
	for _, x := range c.result {
		r.expression(x)
	}
	for _, kept := range c.session {
		r.value(kept.value)
	}
	if c.page != nil {
		r.expression(c.page.next)
		r.expression(c.page.nextURL)
	}
}

// shown are the reads without those of which an address shows a harmless part: unjson(account.key).project_id.
type shown struct{ reads }

// Visit takes back what the argument of unjson has read, where a member that sounds like no secret is taken of it.
func (s shown) Visit(n *ast.Node) {
	s.reads.Visit(n)
	x, ok := (*n).(*ast.MemberNode)
	if !ok {
		return
	}
	call, ok := x.Node.(*ast.CallNode)
	if !ok || len(call.Arguments) != 1 {
		return
	}
	callee, ok := call.Callee.(*ast.IdentifierNode)
	if !ok || callee.Value != "unjson" || soundsSecret(strings.TrimPrefix(memberOf("", x), ".")) {
		return
	}
	inside := reads{}
	ast.Walk(&call.Arguments[0], inside)
	for name, times := range inside {
		s.reads[name] -= times
	}
}

// any says that one of the variables is read.
func (r reads) any(names ...string) bool {
	for _, name := range names {
		of, _, member := strings.Cut(name, ".")
		if r[name] > 0 || member && r[of+"."] > 0 {
			return true
		}
	}
	return false
}

// all are the reads of the whole document.
func (n *Native) reads() reads {
	r := reads{}
	r.headers(n.header)
	r.signing(n.sign)
	if n.address != nil {
		r.value(n.address.made)
		r.expression(n.address.whole)
	}
	for _, c := range n.calls {
		r.request(c)
		r.answer(c)
	}
	return r
}
