package phone

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// Every language has every sentence, and fills the same facts into it.
func TestCatalogues(t *testing.T) {
	verbs := regexp.MustCompile(`%(?:\[\d+\])?[a-z]`)
	facts := func(s string) []string {
		found := verbs.FindAllString(s, -1)
		for i, v := range found {
			found[i] = v[len(v)-1:]
		}
		slices.Sort(found)
		return found
	}
	for w := wordNone; w < wordCount; w++ {
		for l, words := range catalogues {
			s := words[w]
			if s == "" {
				t.Errorf("word %d has no sentence in %s (English: %q)", w, Language(l), english[w])
			}
			if !slices.Equal(facts(s), facts(english[w])) {
				t.Errorf("%q does not tell what %q tells", s, english[w])
			}
		}
		han := strings.ContainsFunc(chinese[w], func(r rune) bool { return unicode.Is(unicode.Han, r) })
		if w != wordNone && !han && !strings.HasPrefix(english[w], "SIP") {
			t.Errorf("%q is not Chinese", chinese[w])
		}
		if strings.ContainsFunc(english[w], func(r rune) bool { return r > 127 }) {
			t.Errorf("%q is not English", english[w])
		}
	}
}

// The words of the manuals stand on the display as they stand there.
func TestGlossary(t *testing.T) {
	for _, c := range []struct {
		w      word
		en, zh string
	}{
		{wordLine, "Line", "线路"},
		{wordRegistered, "Registered", "已注册"},
		{wordRegisteredBackup, "Registered at the backup", "已注册到备用服务器"},
		{wordTrying, "Trying to register", "正在注册"},
		{wordRegFailed, "Registration failed", "注册失败"},
		{menuRegister, "Register now", "立即注册"},
		{menuWhy, "Why", "原因"},
		{menuDrill, "failover", "故障转移"},
		{softAnswer, "Answer", "接听"},
		{softSend, "Call", "呼叫"},
		{softEnd, "Hang up", "挂断"},
		{softHold, "Hold", "保持"},
		{softResume, "Resume", "恢复"},
		{wordBusy, "busy", "对方正忙"},
		{wordNoAnswer, "No answer", "无人接听"},
		{wordNotFound, "number does not exist", "号码不存在"},
		{wordNoNetwork, "No network", "网络未连接"},
		{wordRefusedPassword, "Wrong user name or password", "用户名或密码错误"},
		{menuStatus, "Status", "状态"},
		{wordBackupSince, "Calls go through Server %d since %s", "起通过服务器%[1]d通话"},
		{wordServerSilent, "Server %d does not answer", "服务器%d无响应"},
		{wordAllFailedNext, "No server answers. The phone keeps trying; next attempt in %d s.", "秒后再次注册"},
	} {
		if !strings.Contains(english[c.w], c.en) || !strings.Contains(chinese[c.w], c.zh) {
			t.Errorf("%q / %q, want %q / %q in them", english[c.w], chinese[c.w], c.en, c.zh)
		}
	}
}

// No sentence stands in the catalogues without being said somewhere.
func TestEveryWordIsSaid(t *testing.T) {
	said := map[string]int{}
	var declared []string
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, "words_") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok {
				said[id.Name]++
				if name == "words.go" {
					declared = append(declared, id.Name)
				}
			}
			return true
		})
	}
	for _, w := range declared {
		if (strings.HasPrefix(w, "word") || strings.HasPrefix(w, "soft") || strings.HasPrefix(w, "menu")) &&
			w != "word" && w != "wordCount" && said[w] < 2 {
			t.Errorf("%s is never said", w)
		}
	}
}
