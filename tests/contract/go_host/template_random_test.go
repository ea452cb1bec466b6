// SPDX-License-Identifier: MPL-2.0

package gohost

import (
	"math/rand"
	"strings"
	"testing"
)

// writer makes up templates: mostly sound, often of the wrong types.
type writer struct {
	*rand.Rand
}

func (w writer) one(of ...string) string {
	return of[w.Intn(len(of))]
}

func (w writer) argument(depth int) string {
	switch n := w.Intn(10); {
	case n < 4:
		return w.one(".ID", ".Host", ".Port", ".Agent", ".Nil", ".Letters", ".Mixed", ".Tags", ".Ratio", ".Tags.zone",
			".Missing", ".Nil.x", ".", "$", "$.ID", "$x", "$y", "$x.zone")
	case n < 8 || depth == 0:
		return w.one("1", "0", "-3", "2.5", "1e7", "'a'", `"s"`, "`raw`", `""`, "true", "nil", `"%v|%5d|%q"`, `"é"`,
			`"."`, `"ID"`, `"zone"`, `"2006-01-02 15.999"`, "0x10", `"%#v %T"`, "3")
	default:
		return "(" + w.pipeline(depth-1) + ")" + w.one("", "", "", ".zone")
	}
}

func (w writer) arguments(depth int) string {
	var all strings.Builder
	for n := w.Intn(4); n > 0; n-- {
		all.WriteString(" " + w.argument(depth))
	}
	return all.String()
}

func (w writer) command(depth int) string {
	switch w.Intn(6) {
	case 0:
		return "printf " + w.one(`"%v"`, `"%d %s"`, `"%5.2f|%-6v"`, `"%[2]v %[1]T"`, `"%x%X"`, `"%08b|%+d"`) + w.arguments(depth)
	case 1:
		return "replace " + w.one(`"a"`, `""`, `"."`) + ` "-" ` + w.one("-1", "1", "2") + " " + w.one(".ID", `"banana"`)
	case 2:
		return "split " + w.one(".ID", `"a.b.c"`, ".Host") + " " + w.one(`"."`, `""`, `"-"`) + " " + w.one("0", "1", "2", "-1")
	default:
		return w.one("print", "println", "len", "index", "slice", "eq", "ne", "lt", "le", "gt", "ge", "and", "or", "not",
			"html", "js", "urlquery", "upper", "lower", "replace_all", "isotime", "strftime", "user", "build", "build_name",
			"timestamp", "template_dir") + w.arguments(depth)
	}
}

func (w writer) pipeline(depth int) string {
	all := w.command(depth)
	if w.Intn(4) == 0 {
		all = w.argument(depth)
	}
	for w.Intn(4) == 0 {
		all += " | " + w.command(depth)
	}
	return all
}

func (w writer) action(inside string) string {
	return w.one("{{", "{{", "{{- ") + inside + w.one("}}", "}}", " -}}")
}

func (w writer) otherwise(depth int) string {
	if w.Intn(2) == 0 {
		return ""
	}
	return w.action(w.one("else", "else", "else if "+w.pipeline(1))) + w.body(depth)
}

func (w writer) statement(depth int) string {
	switch n := w.Intn(10); {
	case n < 2:
		return w.one("text", " spaces ", "\n", "{", "}")
	case n < 5 || depth == 0:
		return w.action(w.one("", "", "$x := ", "$x = ", "$y := ") + w.pipeline(2))
	case n < 7:
		return w.action(w.one("if ", "with ", "with $x := ")+w.pipeline(1)) + w.body(depth-1) + w.otherwise(depth-1) + "{{end}}"
	case n < 9:
		return w.action("range "+w.one("", "$x := ", "$x, $y := ", "$x = ")+w.one(".Letters", ".Mixed", ".Tags", "3", ".Nil")) +
			w.body(depth-1) + w.one("", "", "{{break}}", "{{continue}}x") + "{{end}}"
	default:
		return w.action(w.one(`template "t" `, `block "b" `)+w.pipeline(1)) + w.body(depth-1) + w.one("", "{{end}}")
	}
}

func (w writer) body(depth int) string {
	var all strings.Builder
	for n := w.Intn(4); n > 0; n-- {
		all.WriteString(w.statement(depth))
	}
	return all.String()
}

// TestTemplateMadeUpOnesAreRenderedAsInTheSDK compares thousands of templates that nobody would write.
func TestTemplateMadeUpOnesAreRenderedAsInTheSDK(t *testing.T) {
	w := writer{rand.New(rand.NewSource(1))}
	texts := make([]string, 5000)
	for i := range texts {
		texts[i] = w.one("", "{{$x := .Tags}}{{$y := 1}}") + w.body(3)
		if w.Intn(4) == 0 {
			texts[i] += `{{define "t"}}[{{.}}]{{end}}`
		}
	}
	table, answers := renderAll(t, templateContext{BuildName: "golden", TemplatePath: "/srv/image.json",
		User: map[string]string{"ID": "ann"}, StartedUnixS: 1136239445, StartedNs: 123456789,
		Data: []byte(`{"ID": "image-1", "Host": "10.0.0.4", "Port": 22, "Agent": false, "Nil": null,
			"Letters": ["a", "b", "c"], "Mixed": [1, 2.5, true, null, ["a"]], "Ratio": 1.5,
			"Tags": {"zone": "eu", "app": "web"}}`)}, texts)
	compare(t, table, answers)
}
