package formula_test

import (
	"regexp"
	"strings"
	"testing"

	"deputy/formula"
)

// TestPublishedFunctions are most of the nine that the published DNS Configurations use.
func TestPublishedFunctions(t *testing.T) {
	t.Parallel()
	check(t, []row{
		{`@If(0; "a"; 0; "b"; "c")`, `"c"`},
		{`@If(0; "a"; 2; "b"; "c")`, `"b"`},
		{`@If(1)`, `""`},
		{`@IF(1; "a"; "b")`, `"a"`},

		{`@Left(name; "." + domain)`, `"_acme-challenge.www"`},
		{`@Left(name; ".EXAMPLE.org")`, `""`},
		{`@Left("abc"; 2)`, `"ab"`},
		{`@Left("abc"; 9)`, `"abc"`},
		{`@Left("abc"; -1)`, `"abc"`},
		{`@Left("äöü"; 2)`, `"äö"`},
		{`@Left("a.b.c"; ".")`, `"a"`},
		{`@Left("abc"; "")`, `""`},
		{`@Left("ab" : "cd"; 1)`, `"a" : "c"`},

		{`@SetField("X"; 5) + x`, `10`},
		{`@SetField(""; 5)`, `error: line 1, column 1: @SetField: the field's name is empty (at @SetField(""; 5))`},

		{`@ReplaceSubstring("\"a\""; {"}; {})`, `"a"`},
		{`@ReplaceSubstring("abcabc"; "a" : "b"; "b" : "x")`, `"xxcxxc"`},
		{`@ReplaceSubstring("abc"; "a" : "b" : "c"; "1" : "2")`, `"122"`},
		{`@ReplaceSubstring("abc"; "a"; "1" : "2")`, `"1bc"`},
		{`@ReplaceSubstring("aA"; "A"; "x")`, `"ax"`},
		{`@ReplaceSubstring("aa" : "ba"; "a"; "x")`, `"xx" : "bx"`},
		{`@ReplaceSubstring(""; "a"; "x")`, `""`},
		{`@ReplaceSubstring("abc"; ""; "x")`, `"abc"`},
		{`@ReplaceSubstring("a" : "b"; "a" : "b"; "A")`, `"A" : "A"`},

		{`@Replace("a" : "b"; "a" : "b"; "A")`, `"A" : ""`},
		{`@Replace("a" : "ab"; "a"; "x")`, `"x" : "ab"`},
		{`@Replace("a" : "b"; "a" : "a"; "x" : "y")`, `"x" : "b"`},
		{`@Replace(1 : 2; 2; 3)`, `1 : 3`},
		{`@Replace(list; "b"; "")`, `"a" : "" : "c"`},

		{`@Trim("  a   b  ")`, `"a b"`},
		{`@Trim(spaced)`, `"a b" : "c"`},
		{`@Trim("" : " ")`, `""`},
		{"@Trim(\"\ta\n\")", `"\ta\n"`},

		{`@Implode(list; ", ")`, `"a, b, c"`},
		{`@Implode(list)`, `"a b c"`},
		{`@Implode("a"; ", ")`, `"a"`},
	})
}

// TestPublishedConversions are the rest of the nine.
func TestPublishedConversions(t *testing.T) {
	t.Parallel()
	check(t, []row{
		{`@Text(12)`, `"12"`},
		{`@Text(1781234567)`, `"1781234567"`},
		{`@Text(0.1 + 0.2)`, `"0.3"`},
		{`@Text(1E20)`, `"1E+20"`},
		{`@Text("a"; "F2")`, `"a"`},
		{`@Text(1 : 2)`, `"1" : "2"`},
		{`@Text(-0.0)`, `"0"`},
		{`@Text(1234567.891; "F2")`, `"1234567.89"`},
		{`@Text(1234567.891; "F2,")`, `"1,234,567.89"`},
		{`@Text(-1234; ",()")`, `"(1,234)"`},
		{`@Text(-123; ",")`, `"-123"`},
		{`@Text(0.256; "%")`, `"25.60%"`},
		{`@Text(12345; "S3")`, `"1.234E+04"`},
		{`@Text(1; "Q")`, `error: line 1, column 1: @Text: an unknown format; numbers have "F2", "E3", "%", ","; times "D0", "S0", "S1" (at @Text(1; "Q"))`},

		{`@URLEncode("Domino"; "{\"a\": 1}")`, `"%7B%22a%22%3A%201%7D"`},
		{`@URLEncode("UTF-8"; "aZ09-_.*~/+ü")`, `"aZ09-_.*%7E%2F%2B%C3%BC"`},
		{`@URLEncode("platform"; "a b" : "c&d")`, `"a%20b" : "c%26d"`},
		{`@URLEncode("Klingon"; "a")`, `error: line 1, column 1: @URLEncode: an unknown character set; write "Domino" or "UTF-8" (at @URLEncode("Klingon"; "a"))`},
	})
}

func TestCutting(t *testing.T) {
	t.Parallel()
	check(t, []row{
		{`@LeftBack("Lennard Wallace"; 3)`, `"Lennard Wall"`},
		{`@LeftBack("Lennard Wallace"; " ")`, `"Lennard"`},
		{`@LeftBack("a.b.c"; ".")`, `"a.b"`},
		{`@LeftBack("abc"; "x")`, `""`},
		{`@LeftBack("abc"; -1)`, `"abc"`},
		{`@LeftBack("Lennard" : "Wallace"; 3)`, `"Lenn" : "Wall"`},
		{`@Right("Lennard Wallace"; 3)`, `"ace"`},
		{`@Right("a.b.c"; ".")`, `"b.c"`},
		{`@Right("abc"; 9)`, `"abc"`},
		{`@RightBack("Lennard Wallace"; 3)`, `"nard Wallace"`},
		{`@RightBack("Lennard Wallace"; "")`, `""`},
		{`@RightBack("Lennard Wallace"; " ")`, `"Wallace"`},
		{`@RightBack("lalapalooza"; "La")`, `""`},
		{`@RightBack("lalapalooza"; "la")`, `"palooza"`},
		{`@Middle("North Carolina"; 4; 3)`, `"h C"`},
		{`@Middle("North Carolina"; 4; -3)`, `"ort"`},
		{`@Middle("North Carolina"; " "; 3)`, `"Car"`},
		{`@Middle("North Carolina"; "th"; -2)`, `"or"`},
		{`@Middle("This is the text"; "This "; " text")`, `"is the"`},
		{`@Middle("abc"; "x"; 1)`, `""`},
		{`@Middle("abc"; "a"; "x")`, `"bc"`},
		{`@MiddleBack("North Carolina"; "Carolina"; -4)`, `"rth "`},
		{`@MiddleBack("North Carolina"; 4; -3)`, `"rol"`},
		{`@MiddleBack("a.b.c.d"; "."; ".")`, `"c"`},
		{`@MiddleBack("a.b"; "."; "/")`, `"a"`},
		{`@Word("a.b.c"; "."; 2)`, `"b"`},
		{`@Word("a.b.c"; "."; -1)`, `"c"`},
		{`@Word("a.b.c"; "."; 0)`, `"a"`},
		{`@Word("a.b.c"; "."; 4)`, `""`},
		{`@Word("a.b.c"; "."; -4)`, `""`},
		{`@Word("a-b" : "c-d"; "-"; 2)`, `"b" : "d"`},
	})
}

func TestTextFunctions(t *testing.T) {
	t.Parallel()
	check(t, []row{
		{`@LowerCase("ÄB") + @UpperCase("äb") + @ProperCase("north CAROLINA")`, `"äbÄBNorth Carolina"`},
		{`@Length("äöü" : "")`, `3 : 0`},
		{`@Repeat("ab"; 3)`, `"ababab"`},
		{`@Repeat("ab"; 3; 5)`, `"ababa"`},
		{`@Repeat("ab"; 0)`, `""`},
		{`"a" + @NewLine + "b"`, `"a\nb"`},
		{`@Char(65) + @Char(228)`, `"Aä"`},
		{`@Char(-1)`, `error: line 1, column 1: @Char: there is no character of this number (at @Char(-1))`},
		{`@Explode("Paris,Berlin London;;Rome")`, `"Paris" : "Berlin" : "London" : "Rome"`},
		{`@Explode("a.b.c"; ".")`, `"a" : "b" : "c"`},
		{`@Explode("a,,b,"; ","; 1)`, `"a" : "" : "b" : ""`},
		{"@Explode(\"a\r\nb\"; \",\")", `"a" : "b"`},
		{"@Explode(\"a\nb\"; \",\"; 0; 0)", `"a\nb"`},
		{`@Explode("")`, `""`},
		{`@Explode("aäb"; "ä")`, `"a" : "b"`},
	})
}

func TestListFunctions(t *testing.T) {
	t.Parallel()
	check(t, []row{
		{`@Subset(list; 2)`, `"a" : "b"`},
		{`@Subset(list; -2)`, `"b" : "c"`},
		{`@Subset(list; 9)`, `"a" : "b" : "c"`},
		{`@Subset(list; 0)`, `error: line 1, column 1: @Subset: the number of elements can't be 0 (at @Subset(list; 0))`},
		{`@Elements("")`, `0`},
		{`@Elements(list)`, `3`},
		{`@Elements("" : "")`, `2`},
		{`@Count("") : @Count(list)`, `1 : 3`},
		{`@Unique("a" : "b" : "a")`, `"a" : "b"`},
		{`@Unique(2 : 1 : 2)`, `2 : 1`},
		{`@Matches(@Unique; "+{A-Z2-7}") : @Length(@Unique) : (@Unique = @Unique)`, `0 : 11 : 0`},
		{`@Matches(@Unique; "????-??????")`, `1`},
		{`@Sort(numbers)`, `1 : 2 : 3`},
		{`@Sort("b" : "B" : "a")`, `"B" : "a" : "b"`},
		{`@Sort("b" : "C" : "a"; [CASEINSENSITIVE])`, `"a" : "b" : "C"`},
		{`@Sort(numbers; [DESCENDING])`, `3 : 2 : 1`},
		{`@Contains("abc" : "def"; "x" : "e")`, `1`},
		{`@Contains("abc"; "B")`, `0`},
		{`@Contains("abc"; "")`, `1`},
		{`@Begins("abc"; "ab") : @Begins("abc"; "b") : @Ends("abc"; "bc") : @Ends("abc"; "b")`, `1 : 0 : 1 : 0`},
		{`@IsMember("a"; list) : @IsMember("a" : "x"; list) : @IsMember("a" : "c"; list)`, `1 : 0 : 1`},
		{`@IsNotMember("x"; list) : @IsNotMember("x" : "a"; list)`, `1 : 0`},
		{`@Member("b"; list) : @Member("x"; list) : @Member(1; list)`, `2 : 0 : 0`},
		{`@Compare("a" : "b" : "B"; "b" : "b" : "b")`, `-1 : 0 : -1`},
		{`@Compare("B"; "b"; [CASEINSENSITIVE])`, `0`},
	})
}

func TestConversions(t *testing.T) {
	t.Parallel()
	check(t, []row{
		{`@TextToNumber("12ABC")`, `12`},
		{`@TextToNumber(" 1.5e2x")`, `150`},
		{`@IsError(@TextToNumber("ABC"))`, `1`},
		{`@IsError(@TextToNumber(""))`, `1`},
		{`@IsError(@TextToNumber("0x10")) : @TextToNumber("0x10")`, `0 : 0`},
		{`@TextToNumber(5)`, `5`},
		{`@ToNumber("12") : @ToNumber("")`, `12 : 0`},
		{`@IsError(@ToNumber("12ABC"))`, `1`},
		{`@IsText("a") : @IsText(1) : @IsNumber(1) : @IsNumber("1") : @IsTime(@Now) : @IsTime(1)`, `1 : 0 : 1 : 0 : 1 : 0`},
		{`@IsNull("") : @IsNull(missing) : @IsNull(0) : @IsNull("a")`, `1 : 1 : 0 : 0`},
	})
}

func TestControl(t *testing.T) {
	t.Parallel()
	check(t, []row{
		{`@Do(x := 1; x + 1)`, `2`},
		{`@Select(2; "a"; "b"; "c")`, `"b"`},
		{`@Select(9; "a"; "b")`, `"b"`},
		{`@Select(0; "a"; "b")`, `"a"`},
		{`s := ""; @For(i := 1; i <= @Elements(list); i := i + 1; s := s + list[i] + "."); s`, `"a.b.c."`},
		{`i := 0; @While(i < 3; i := i + 1); i`, `3`},
		{`i := 5; @DoWhile(i := i + 1; i < 3); i`, `6`},
		{`@While(0; "x")`, `1`},
		{`@IsError(@For(1/0; 1; 1; 1)) : @IsError(@For(1; 1/0; 1; 1)) : @IsError(@For(1; 1; 1/0; 1)) : @IsError(@For(1; 1; 1; 1/0))`, `1 : 1 : 1 : 1`},
		{`@IsError(@DoWhile(1/0; 1)) : @IsError(@While(1; 1/0)) : @IsError(@Select(1/0; 1)) : @IsError(@Select("a"; 1))`, `1 : 1 : 1 : 1`},
		{`@IsError(@Transform(1/0; "x"; 1)) : @IsError(@Transform(1; @Error; 1)) : @IsError(@Transform(1; "x"; @Error))`, `1 : 1 : 1`},
		{`@Transform("a"; "x"; x); x`, `""`},
		{`@Transform(list; "x"; x + ".")`, `"a." : "b." : "c."`},
		{`@Transform(list; "x"; @If(x = "b"; @Nothing; x))`, `"a" : "c"`},
		{`@Transform(list; "x"; x : x)`, `"a" : "a" : "b" : "b" : "c" : "c"`},
		{`@Transform(list; "x"; @Nothing)`, `""`},
		{`@Transform(list; "x"; @Length(x))`, `1 : 1 : 1`},
		{`x := 7; y := @Transform(list; "x"; x); x`, `7`},
		{`@If(n = 12; @Return("early"); ""); "late"`, `"early"`},
		{`"never" + @Do(@Return("early"); "x")`, `"early"`},
		{`@Return(1/0)`, `error: line 1, column 10: division by zero (at /0))`},
		{`@Success : @True : @Yes : @All : @False : @No`, `1 : 1 : 1 : 1 : 0 : 0`},
		{`@Failure("why")`, `"why"`},
		{`@GetField("NAME") + @GetField("none")`, `"_acme-challenge.www.example.org"`},
		{`@Set("t"; 4); T`, `4`},
		{`ENVIRONMENT Serial := "7"; @Environment("SERIAL") + serial`, `"7"`},
		{`@SetEnvironment("a"; "1") + @Environment("a"; "2") + @Environment("a")`, `"122"`},
		{`@Environment("PATH")`, `""`},
		{`@IsError(@Set(""; 4)) : @IsError(@IsUnavailable(1)) : @IsError(@If(1/0))`, `1 : 1 : 1`},
		{`@IsAvailable(name) : @IsAvailable(none) : @IsUnavailable(none)`, `1 : 0 : 1`},
		{`@IsAvailable("name")`, `error: line 1, column 14: @IsAvailable takes a variable's name without quotes (at "name"))`},
	})
}

func TestNumberFunctions(t *testing.T) {
	t.Parallel()
	check(t, []row{
		{`@Abs(-3) : @Sign(-3) : @Sign(0) : @Integer(2.9) : @Integer(-2.9)`, `3 : -1 : 0 : 2 : -2`},
		{`@Sign(7) : +5`, `1 : 5`},
		{`@Round(2.5) : @Round(-2.5) : @Round(17; 5)`, `3 : -3 : 15`},
		{`@Modulo(7; 3) : @Modulo(-7; 3) : @Power(2; 10)`, `1 : -1 : 1024`},
		{`@Sum(1 : 2; 3)`, `6`},
		{`@Min(numbers) : @Max(numbers)`, `1 : 3`},
		{`@Max(1 : 5; 3)`, `3 : 5`},
		{`@Modulo(1; 0)`, `error: line 1, column 1: the result is too large for a number, or none (at @Modulo(1; 0))`},
		{`@Round(1; 0)`, `error: line 1, column 1: @Round: the factor can't be 0 (at @Round(1; 0))`},
	})
}

// TestTimes: the clock of the document stands at 22:47:05 on Tuesday, 24 November 2026, UTC.
func TestTimes(t *testing.T) {
	t.Parallel()
	check(t, []row{
		{`@Now`, `2026-11-24 22:47:05`},
		{`@Yesterday : @Today : @Tomorrow`, `2026-11-23 : 2026-11-24 : 2026-11-25`},
		{`@Text(@Today) + " " + @Text(@Now; "S1T1")`, `"2026-11-24 22:47"`},
		{`@Text(@Now; "D3S0") + " " + @Text(@Now; "D2S0")`, `"2026-11 11-24"`},
		{`@Text(@Now; "D0T0Z2") + " " + @Text(@Today; "D1")`, `"2026-11-24 22:47:05 2026-11-24"`},
		{`@IsError(@Text(@Now; "X9")) : @IsError(@Text(@Now; "D0T")) : @IsError(@Text(1; "F99"))`, `1 : 1 : 1`},
		{`@Year(@Now) : @Month(@Now) : @Day(@Now) : @Hour(@Now) : @Minute(@Now) : @Second(@Now) : @Weekday(@Now)`, `2026 : 11 : 24 : 22 : 47 : 5 : 3`},
		{`@Date(2026; 2; 28) : @Date(@Now)`, `2026-02-28 : 2026-11-24`},
		{`@Date(2026; 2; 28; 1; 2; 3)`, `2026-02-28 01:02:03`},
		{`@Adjust(@Date(2026; 11; 24); 0; 1; 7; 0; 0; 0)`, `2026-12-31`},
		{`@Adjust(@Date(2026; 11; 24); 0; 0; 0; 25; 0; 1)`, `2026-11-25 01:00:01`},
		{`@Now - @TextToTime("2026-11-24 22:47:00")`, `5`},
		{`@TextToTime("2026-11-24T23:47:05+01:00") = @Now`, `1`},
		{`@ToTime(@Now) > @Today`, `1`},
		{`@Deputy_UnixTime(@TextToTime("1970-01-02"))`, `86400`},
		{`@IsError(@TextToTime("tomorrow")) : @IsError(@Date(0; 1; 1)) : @IsError(@Date(2026; 1)) : @IsError(@Adjust(@Now; 9000; 0; 0; 0; 0; 0))`, `1 : 1 : 1 : 1`},
		{`[2026-11-24] = @Today`, `1`},
		{`@Now - [2026-11-24 22:47:00]`, `5`},
		{`[2026-11-24T22:47:05Z] : [2026-11-24]`, `2026-11-24 22:47:05 : 2026-11-24`},
		{`x := [2026-11-24] : [2026-11-25]; x[2]`, `2026-11-25`},
		{`@Now + 1`, `error: line 1, column 6: incorrect data type for +: a time on its left, a number on its right (at + 1)`},
	})
}

// TestPatterns follows H_MATCHES and H_LIKE.
func TestPatterns(t *testing.T) {
	t.Parallel()
	check(t, []row{
		{`@Matches("abc"; "ABC")`, `1`},
		{`@Matches("abcd"; "abc")`, `0`},
		{`@Matches("abc"; "a?c") : @Matches("abc"; "a*") : @Matches("abc"; "?")`, `1 : 1 : 0`},
		{`@Matches("b"; "{abc}") : @Matches("B"; "{abc}") : @Matches("b"; "{!abc}") : @Matches("k"; "{A-Fa-z}")`, `1 : 0 : 0 : 1`},
		{`@Matches("aaa"; "+a") : @Matches(""; "+a") : @Matches("123"; "+{0-9}")`, `1 : 1 : 1`},
		{`@Matches("a?"; {a\\?}) : @Matches("ab"; {a\\?})`, `1 : 0`},
		{`@Matches("x"; "a|x") : @Matches("x"; "!a") : @Matches("ab"; "a*&*b") : @Matches("ab"; "a*&!*b")`, `1 : 1 : 1 : 0`},
		{`@Matches("a" : "b"; "x" : "b")`, `1`},
		{`@Like("abc"; "a_c") : @Like("abc"; "a%") : @Like("abc"; "A%") : @Like("a%"; "a/%"; "/") : @Like("ab"; "a/%"; "/")`, `1 : 1 : 0 : 1 : 0`},
		{`@Deputy_RegexMatch("id=42;"; "id=[0-9]+") : @Deputy_RegexMatch("id="; "id=[0-9]+")`, `1 : 0`},
		{`@Deputy_RegexReplace("<id>42</id>"; "^.*<id>([0-9]+)</id>.*$"; "$1")`, `"42"`},
		{`@Deputy_RegexReplace("a-b" : "c"; "-"; "")`, `"ab" : "c"`},
		{`@Deputy_RegexReplace("abc"; ""; ".")`, `".a.b.c."`},
		{`@Deputy_RegexMatch("a"; "(")`, `error: line 1, column 1: @Deputy_RegexMatch: the pattern is not a regular expression (at @Deputy_RegexMatch("a"; "("))`},
	})
}

// TestExtensions: digests of RFC 4231 test case 2 and of the well-known "abc".
func TestExtensions(t *testing.T) {
	t.Parallel()
	check(t, []row{
		{`@Deputy_Base64("a?>~") + " " + @Deputy_Base64URL("a?>~")`, `"YT8+fg== YT8-fg"`},
		{`@Deputy_Base64Decode("YT8+fg==") : @Deputy_Base64Decode("YT8-fg")`, `"a?>~" : "a?>~"`},
		{`@Deputy_Base64Decode("/w==")`, `error: line 1, column 1: @Deputy_Base64Decode: the octets are not UTF-8 text (at @Deputy_Base64Decode("/w=="))`},
		{`@Deputy_Hex("aü") : @Deputy_HexDecode("61c3bc")`, `"61c3bc" : "aü"`},
		{`@Deputy_SHA1("abc")`, `"a9993e364706816aba3e25717850c26c9cd0d89d"`},
		{`@Deputy_SHA256("abc")`, `"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"`},
		{`@Deputy_SHA256("abc"; "base64")`, `"ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="`},
		{`@Left(@Deputy_SHA512("abc"); 16)`, `"ddaf35a193617aba"`},
		{`@Deputy_HMACSHA256("Jefe"; "what do ya want for nothing?")`, `"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"`},
		{`@Deputy_HMACSHA256("4a656665"; "what do ya want for nothing?"; "base64url"; "hex")`, `"W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM"`},
		{`@Deputy_HMACSHA256("SmVmZQ=="; "what do ya want for nothing?"; "hex"; "base64") = @Deputy_HMACSHA256("Jefe"; "what do ya want for nothing?")`, `1`},
		{`@IsError(@Deputy_HMACSHA256("a"; "b"; "octal")) : @IsError(@Deputy_HMACSHA256("a"; "b"; "hex"; "octal")) : @IsError(@Deputy_SHA256("a"; "octal"))`, `1 : 1 : 1`},
		{`@IsError(@Deputy_RegexMatch("a"; @Repeat("a"; 513))) : @IsError(@Deputy_RegexReplace("a"; "("; "")) : @IsError(@Matches("a"; "{z-a}")) : @IsError(@Deputy_RegexMatch("a"; @Repeat("(a)"; 21)))`, `1 : 1 : 1 : 1`},
		{`@Left(@Deputy_HMACSHA512("Jefe"; "what do ya want for nothing?"); 16)`, `"164b7a7bfcf819e2"`},
		{`@Deputy_JSONEscape("a\"b\\c" + @NewLine + "<ü>")`, `"a\\\"b\\\\c\\n<ü>"`},
		{`j := '{"result":[{"id":"x1","n":5,"big":9007199254740993,"on":true,"none":null}],"list":["a",1]}'; @Deputy_JSONGet(j; "result.0.id")`, `"x1"`},
		{`@Deputy_JSONGet('{"a":{"b":5}}'; "a.b") + 1`, `6`},
		{`@Deputy_JSONGet('{"id":9007199254740993}'; "id")`, `"9007199254740993"`},
		{`@Deputy_JSONGet('{"a":["x",1,true,null]}'; "a")`, `"x" : "1" : "true" : ""`},
		{`@Deputy_JSONGet('{"a":1}'; "b.c.0")`, `""`},
		{`@Deputy_JSONGet('{"a":{}}'; "a")`, `error: line 1, column 1: @Deputy_JSONGet: the path leads to an object, not to a value (at @Deputy_JSONGet('{"a":{}}'; "a"))`},
		{`@Deputy_JSONGet('{"a":1} x'; "a")`, `error: line 1, column 1: @Deputy_JSONGet: the text is not JSON (at @Deputy_JSONGet('{"a":1} x'; "a"))`},
		{`@URLDecode("Domino"; "a%20b+c%C3%BC")`, `"a b cü"`},
		{`@IsError(@URLDecode("Domino"; "%")) : @IsError(@URLDecode("Domino"; "%zz")) : @IsError(@URLDecode("Domino"; "%ff"))`, `1 : 1 : 1`},
	})
}

// TestEveryFunctionIsTested reads this package's tests: a function that no table calls is not done.
func TestEveryFunctionIsTested(t *testing.T) {
	t.Parallel()
	tested := map[string]bool{}
	for _, source := range []string{readFile(t, "functions_test.go"), readFile(t, "eval_test.go")} {
		for _, name := range regexp.MustCompile(`@[A-Za-z0-9_]+`).FindAllString(source, -1) {
			tested[strings.ToLower(name)] = true
		}
	}
	for _, name := range formula.FunctionNames() {
		if !tested[strings.ToLower(name)] {
			t.Errorf("no table calls %s", name)
		}
	}
}
