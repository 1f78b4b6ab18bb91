package formula

import (
	"slices"
	"strings"
)

// reason says of some of Notes' functions why they are not here.
type reason struct {
	names        []string
	why, instead string
}

// reasons are by what a function needs. A name that is not in them is taken for a slip of the pen.
func reasons() []reason {
	return []reason{
		{[]string{"@dblookup", "@dbcolumn", "@dbname", "@dbtitle", "@dbmanager", "@dbexists", "@dbcommand", "@getdocfield", "@setdocfield",
			"@getprofilefield", "@setprofilefield", "@documentuniqueid", "@inheriteddocumentuniqueid", "@noteid", "@created", "@modified", "@accessed",
			"@author", "@attachments", "@attachmentnames", "@docfields", "@doclength", "@allchildren", "@alldescendants", "@responses", "@viewtitle",
			"@replicaid", "@adddocument", "@deletedocument", "@undeletedocument", "@harddeletedocument", "@updateformulacontext", "@namelookup"},
			"it needs a Notes database", "put the value into a field of the DNS Provider's account, and read that"},
		{[]string{"@username", "@userroles", "@usernameslist", "@useraccess", "@v3username", "@v4useraccess", "@maildbname", "@certificate", "@mailsavepreference"},
			"there is no Notes user", "put the value into a field of the DNS Provider's account, and read that"},
		{[]string{"@prompt", "@picklist", "@dialogbox", "@command", "@postedcommand", "@statusbar", "@clienttype", "@isnewdoc", "@isdocbeingedited",
			"@isdocbeingloaded", "@isdocbeingsaved", "@iscategory", "@setviewinfo", "@refreshecl", "@editecl", "@edituserecl", "@getviewinfo", "@newdocument", "@launch", "@sound"},
			"nobody sits in front of a Notes client", ""},
		{[]string{"@urlopen", "@urlgetheader", "@urlhistory", "@urlquerystring", "@mailsend", "@mailforward", "@ddeexecute", "@ddeinitiate", "@ddepoke", "@ddeterminate",
			"@filedir", "@regqueryvalue", "@getportslist", "@getaddressbooks", "@domain", "@serveraccess", "@servername", "@serverlist", "@configfile"},
			"a formula reaches no network and no machine", "let an operation of the DNS Configuration ask, and read its retJSON_ variables"},
		{[]string{"@eval", "@formula", "@checkformulasyntax"},
			"no text is run as a formula", ""},
		{[]string{"@hash", "@hashpassword", "@password", "@verifypassword", "@passwordquality"},
			"it makes Notes' own password hashes, which no DNS host asks for", "use @Deputy_SHA256 or @Deputy_HMACSHA256"},
	}
}

// absent says why a function of Notes is not here, and what to do instead; "" for what is none of Notes' either.
func absent(name string) (why, instead string) {
	for _, r := range reasons() {
		if slices.ContainsFunc(r.names, func(known string) bool { return strings.EqualFold(known, name) }) {
			return r.why, r.instead
		}
	}
	return "", ""
}
