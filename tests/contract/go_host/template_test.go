// SPDX-License-Identifier: MPL-2.0

package gohost

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/hashicorp/packer-plugin-sdk/template/interpolate"
)

// casesLeast is how many texts must at least be there; fewer means that the table was not found whole.
const casesLeast = 1500

// templateContext is what a text of the table is rendered with.
type templateContext struct {
	BuildName     string            `json:"build_name,omitempty"`
	BuilderType   string            `json:"builder_type,omitempty"`
	PackerVersion string            `json:"packer_version,omitempty"`
	TemplatePath  string            `json:"template_path,omitempty"`
	Folder        string            `json:"folder,omitempty"`
	User          map[string]string `json:"user,omitempty"`
	Data          json.RawMessage   `json:"data,omitempty"`
	StartedUnixS  int64             `json:"started_unix_s"`
	StartedNs     int64             `json:"started_ns"`
}

type templateGroup struct {
	Name    string   `json:"name"`
	Context string   `json:"context"`
	Cases   []string `json:"cases"`
}

type templateTable struct {
	Contexts map[string]templateContext `json:"contexts"`
	Groups   []templateGroup            `json:"groups"`
}

type templateAnswer struct {
	Text  *string `json:"text"`
	Error string  `json:"error"`
}

// goValue is a value of the table as a plugin has it: whole numbers are ints, lists have no room to spare.
func goValue(v interface{}) interface{} {
	switch v := v.(type) {
	case json.Number:
		if n, err := strconv.Atoi(v.String()); err == nil {
			return n
		}
		f, _ := v.Float64()
		return f
	case []interface{}:
		list := make([]interface{}, len(v))
		for i := range v {
			list[i] = goValue(v[i])
		}
		return list
	case map[string]interface{}:
		for k := range v {
			v[k] = goValue(v[k])
		}
	}
	return v
}

func (c templateContext) interpolation(t *testing.T) *interpolate.Context {
	ctx := &interpolate.Context{BuildName: c.BuildName, BuildType: c.BuilderType,
		CorePackerVersionString: c.PackerVersion, TemplatePath: c.TemplatePath, UserVariables: c.User}
	if c.Data != nil {
		decoder := json.NewDecoder(bytes.NewReader(c.Data))
		decoder.UseNumber()
		if err := decoder.Decode(&ctx.Data); err != nil {
			t.Fatal(err)
		}
		ctx.Data = goValue(ctx.Data)
	}
	return ctx
}

// ours renders a table with the C program.
func ours(t *testing.T, path string) []templateAnswer {
	t.Helper()
	var stderr bytes.Buffer
	command := exec.Command(required(t, "ACG_TEMPLATE_RENDER"), path)
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("template_render: %v\n%s", err, stderr.String())
	}
	var answers []templateAnswer
	if err := json.Unmarshal(out, &answers); err != nil {
		t.Fatal(err)
	}
	return answers
}

// secretWords are parts of the table's texts that no message may repeat.
var secretWords = regexp.MustCompile(`subscriptions|clean_resource_name|undefined|nope`)

// compare renders each text of a table with the SDK and compares. It returns how many texts there were.
func compare(t *testing.T, table templateTable, answers []templateAnswer) int {
	count, failures := 0, 0
	for _, group := range table.Groups {
		c := table.Contexts[group.Context]
		interpolate.InitTime = time.Unix(c.StartedUnixS, c.StartedNs).UTC()
		for _, text := range group.Cases {
			if count == len(answers) {
				t.Fatalf("only %d answers", count)
			}
			answer := answers[count]
			count++
			expected, err := interpolate.RenderInterface(text, c.interpolation(t))
			if why := difference(expected, err, answer); why != "" {
				failures++
				t.Errorf("%s, %s, %q: %s", group.Name, group.Context, text, why)
			}
			if secretWords.MatchString(answer.Error) {
				t.Errorf("%s, %q: the message repeats the text: %s", group.Name, text, answer.Error)
			}
		}
	}
	if count != len(answers) {
		t.Errorf("%d texts, %d answers", count, len(answers))
	}
	t.Logf("%d texts, %d differ", count, failures)
	return count
}

func difference(expected interface{}, err error, answer templateAnswer) string {
	if err != nil {
		if answer.Text == nil && answer.Error != "" {
			return ""
		}
		return fmt.Sprintf("Go fails with %v, we give %v", err, answer.Text)
	}
	if answer.Text == nil {
		return fmt.Sprintf("Go gives %q, we fail with %s", expected, answer.Error)
	}
	text, err := hex.DecodeString(*answer.Text)
	if err != nil {
		return err.Error()
	}
	if string(text) != expected {
		return fmt.Sprintf("Go gives %q, we give %q", expected, text)
	}
	return ""
}

// TestTemplatesAreRenderedAsInTheSDK compares the table.
func TestTemplatesAreRenderedAsInTheSDK(t *testing.T) {
	started := interpolate.InitTime
	defer func() { interpolate.InitTime = started }()
	raw, err := os.ReadFile("templates.json")
	if err != nil {
		t.Fatal(err)
	}
	var table templateTable
	if err := json.Unmarshal(raw, &table); err != nil {
		t.Fatal(err)
	}
	if count := compare(t, table, ours(t, "templates.json")); count < casesLeast {
		t.Errorf("only %d texts", count)
	}
}

// renderAll renders texts that a test made, in one context.
func renderAll(t *testing.T, context templateContext, texts []string) (templateTable, []templateAnswer) {
	t.Helper()
	table := templateTable{Contexts: map[string]templateContext{"made": context},
		Groups: []templateGroup{{Name: t.Name(), Context: "made", Cases: texts}}}
	raw, err := json.Marshal(table)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "table.json")
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return table, ours(t, path)
}

// lastCharacter of the comparison: all of them under the Unicode that our tables hold; under a later one, which adds letters
// and cases, those of the oldest blocks.
func lastCharacter(t *testing.T) rune {
	const ours, settled = "15.0.0", 0x17f
	if unicode.Version == ours {
		return unicode.MaxRune
	}
	t.Logf("Go's Unicode is %s, ours %s: compared up to U+%04X", unicode.Version, ours, settled)
	return settled
}

// TestTemplateCharactersAreThoseOfGo goes through every character: case, what is shown, what may be part of a name.
func TestTemplateCharactersAreThoseOfGo(t *testing.T) {
	const block = 512
	var texts []string
	last := lastCharacter(t)
	for first := rune(0); first <= last; first += block {
		var all, names strings.Builder
		for r := first; r < first+block && r <= last; r++ {
			if r >= 0xd800 && r <= 0xdfff {
				continue
			}
			if r != '`' && r != '\r' {
				all.WriteRune(r)
			}
			if r >= 0x80 && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
				names.WriteRune(r)
			}
		}
		if all.Len() == 0 {
			continue
		}
		texts = append(texts, "{{upper `"+all.String()+"`}}{{lower `"+all.String()+"`}}",
			"{{printf \"%q\" `"+all.String()+"`}}{{js `"+all.String()+"`}}")
		if names.Len() > 0 {
			texts = append(texts, "{{.a"+names.String()+"}}")
		}
	}
	// Around each range of letters: the neighbours that are none.
	for r := rune(0x80); r < last; r++ {
		in, next := unicode.IsLetter(r) || unicode.IsDigit(r), unicode.IsLetter(r+1) || unicode.IsDigit(r+1)
		if in != next && (r < 0xd7ff || r > 0xdfff) {
			texts = append(texts, "{{."+string(r)+"}}", "{{."+string(r+1)+"}}")
		}
	}
	table, answers := renderAll(t, templateContext{}, texts)
	compare(t, table, answers)
}

// TestTemplateNumbersAreShownAsInGo takes numbers of all sizes through all verbs.
func TestTemplateNumbersAreShownAsInGo(t *testing.T) {
	var texts []string
	state := uint64(1)
	for i := 0; i < 400; i++ {
		state = state*6364136223846793005 + 1442695040888963407
		number := float64(state>>11) * pow10(int(state%600)-310)
		texts = append(texts, fmt.Sprintf("{{print %e}} {{printf `%%g %%e %%f %%x %%b %%.3g %%.7e %%.2f %%#g %%.4x` %[1]e %[1]e %[1]e %[1]e %[1]e %[1]e %[1]e %[1]e %[1]e %[1]e}}", number))
	}
	// Around the powers of two the neighbours are not equally far.
	for e := -1074; e < 1024; e++ {
		texts = append(texts, fmt.Sprintf("{{print %.17e}}", math.Ldexp(1, e)))
	}
	table, answers := renderAll(t, templateContext{}, texts)
	compare(t, table, answers)
}

func pow10(n int) float64 {
	f, _ := strconv.ParseFloat("1e"+strconv.Itoa(n), 64)
	return f
}

// TestTemplateDaysAreShownAsInGo goes through six hundred years, in steps of some days and seconds.
func TestTemplateDaysAreShownAsInGo(t *testing.T) {
	const step = 86400*11 + 3607
	started := interpolate.InitTime
	defer func() { interpolate.InitTime = started }()
	table := templateTable{Contexts: map[string]templateContext{}}
	for s := int64(-12219292800); s < 7000000000; s += step {
		name := strconv.FormatInt(s, 10)
		table.Contexts[name] = templateContext{StartedUnixS: s, StartedNs: (s%1000 + 1000) % 1000 * 1000003 % 1000000000}
		table.Groups = append(table.Groups, templateGroup{Name: "days", Context: name, Cases: []string{
			"{{timestamp}} {{isotime}} {{isotime `Monday Mon January Jan 1 01 2 02 _2 __2 002 15 3 03 4 04 5 05 2006 06 PM pm .000 .999999999`}} {{strftime `%A %p %L`}}"}})
	}
	raw, err := json.Marshal(table)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "table.json")
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	compare(t, table, ours(t, path))
}

// TestTemplateUUIDsHaveTheFormOfTheSDK compares forms, and the part that tells the time.
func TestTemplateUUIDsHaveTheFormOfTheSDK(t *testing.T) {
	form := regexp.MustCompile(`^([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)
	context := templateContext{StartedUnixS: 1767225599}
	_, answers := renderAll(t, context, []string{"{{uuid}}", "{{uuid 1}}", "{{uuid}}"})
	theirs, err := interpolate.RenderInterface("{{uuid}}", &interpolate.Context{})
	if err != nil || !form.MatchString(theirs.(string)) {
		t.Fatalf("%v, %v", theirs, err)
	}
	seen := map[string]bool{}
	for _, i := range []int{0, 2} {
		if answers[i].Text == nil {
			t.Fatal(answers[i].Error)
		}
		text, _ := hex.DecodeString(*answers[i].Text)
		parts := form.FindStringSubmatch(string(text))
		if parts == nil || parts[1] != fmt.Sprintf("%08x", context.StartedUnixS) {
			t.Errorf("%q", text)
		}
		seen[string(text)] = true
	}
	if len(seen) != 2 || answers[1].Text != nil {
		t.Errorf("%v, %v", seen, answers[1])
	}
}

// TestTemplateFolderIsTheOneGiven: ours is told the folder, Go asks the system.
func TestTemplateFolderIsTheOneGiven(t *testing.T) {
	folder, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	table, answers := renderAll(t, templateContext{Folder: folder, TemplatePath: "a/../b/./image.json"},
		[]string{"{{pwd}}", "{{pwd | upper}}", "{{pwd 1}}", "{{template_dir}}"})
	compare(t, table, answers)
}
