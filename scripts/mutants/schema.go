package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Nearly all of the time would be the compiler's if it had to compile a package
// once for each rule. So most rules are compiled together: every function that a
// rule changes is there once as it is and once for each rule, and a variable of
// the environment says which one counts:
//
//	func (l *Line) open(s int8) bool {
//		switch mutantOn {
//		case "17":
//			return l.openMutant17(s)
//		}
//		...

// mutantVar is that variable.
const mutantVar = "PHONED_MUTANT"

// A schema is the source of a file with all its rules.
type schema struct {
	pkg   string // its name
	text  string
	rules map[int][2]int // the lines that a rule has added, first and last
}

// A variant is one function without one rule.
type variant struct {
	rule  int
	edits []edit
}

// combine makes the schemas of all files that rules change, and tells which
// rules can not be made so: those that change more than the bodies of functions.
func combine(rules []rule, skip map[int]bool) (files map[string]*schema, alone map[int]bool, err error) {
	files, alone = map[string]*schema{}, map[int]bool{}
	sources := map[string]*source{}
	for i, r := range rules {
		if skip[i] {
			alone[i] = true
			continue
		}
		for _, e := range r.edits {
			if sources[e.file] == nil {
				if sources[e.file], err = readSource(e.file); err != nil {
					return nil, nil, err
				}
			}
			if sources[e.file].function(e) == nil {
				alone[i] = true
			}
		}
	}
	for i, r := range rules {
		for _, e := range r.edits {
			if !alone[i] {
				sources[e.file].add(i, e)
			}
		}
	}
	for name, s := range sources {
		if len(s.variants) == 0 {
			continue
		}
		if files[name], err = s.schema(); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return files, alone, nil
}

// A source is a file and what rules do to its functions.
type source struct {
	text     string
	lines    []string
	set      *token.FileSet
	file     *ast.File
	variants map[*ast.FuncDecl][]variant
}

func readSource(name string) (*source, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	s := &source{text: string(text), lines: strings.Split(string(text), "\n"), set: token.NewFileSet(), variants: map[*ast.FuncDecl][]variant{}}
	s.file, err = parser.ParseFile(s.set, name, text, parser.SkipObjectResolution)
	return s, err
}

// function is the function inside whose body an edit is; nil if it is not, or
// if the function can not be called by another one with the same arguments.
func (s *source) function(e edit) *ast.FuncDecl {
	at, err := find(s.lines, e.old)
	if err != nil {
		return nil
	}
	for _, d := range s.file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Body == nil || f.Name.Name == "init" || f.Name.Name == "main" {
			continue
		}
		first, last := s.set.Position(f.Body.Lbrace).Line, s.set.Position(f.Body.Rbrace).Line
		if at+1 > first && at+len(e.old) < last {
			if _, ok := arguments(f); ok {
				return f
			}
		}
	}
	return nil
}

func (s *source) add(rule int, e edit) {
	f := s.function(e)
	all := s.variants[f]
	if n := len(all); n > 0 && all[n-1].rule == rule {
		all[n-1].edits = append(all[n-1].edits, e)
		return
	}
	s.variants[f] = append(all, variant{rule, []edit{e}})
}

// schema writes the file with every variant.
func (s *source) schema() (*schema, error) {
	out := &schema{pkg: s.file.Name.Name, rules: map[int][2]int{}}
	var b bytes.Buffer
	line := func() int { return bytes.Count(b.Bytes(), []byte("\n")) + 1 }
	done := 0 // offset of what is written already
	for _, d := range s.file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || len(s.variants[f]) == 0 {
			continue
		}
		offset := func(p token.Pos) int { return s.set.Position(p).Offset }
		args, _ := arguments(f)
		b.WriteString(s.text[done : offset(f.Body.Lbrace)+1])
		b.WriteString("\n\tswitch mutantOn {\n")
		for _, v := range s.variants[f] {
			call := fmt.Sprintf("%s%sMutant%d(%s)", receiver(f), f.Name.Name, v.rule, args)
			if f.Type.Results == nil {
				call += "\n\t\treturn"
			} else {
				call = "return " + call
			}
			fmt.Fprintf(&b, "\tcase \"%d\":\n\t\t%s\n", v.rule, call)
		}
		b.WriteString("\t}\n")
		done = offset(f.End())
		b.WriteString(s.text[offset(f.Body.Lbrace)+1 : done])
		for _, v := range s.variants[f] {
			text := s.text[offset(f.Pos()):done]
			for _, e := range v.edits {
				var err error
				if text, err = replace(text, e.old, e.new); err != nil {
					return nil, err
				}
			}
			head := offset(f.Name.Pos()) - offset(f.Pos())
			b.WriteString("\n\n")
			from := line()
			fmt.Fprintf(&b, "%s%sMutant%d%s", text[:head], f.Name.Name, v.rule, text[head+len(f.Name.Name):])
			if _, ok := out.rules[v.rule]; ok {
				// Two functions of one rule: what goes wrong in either is told of both.
				out.rules[v.rule] = [2]int{min(from, out.rules[v.rule][0]), line()}
				continue
			}
			out.rules[v.rule] = [2]int{from, line()}
		}
	}
	b.WriteString(s.text[done:])
	out.text = b.String()
	return out, nil
}

// arguments are the parameters of a function as the arguments of a call; ok is
// false if some have no name.
func arguments(f *ast.FuncDecl) (list string, ok bool) {
	var names []string
	fields := f.Type.Params.List
	if f.Recv != nil {
		fields = slices.Concat(f.Recv.List, fields)
	}
	for i, p := range fields {
		if len(p.Names) == 0 {
			return "", false
		}
		for _, n := range p.Names {
			if n.Name == "_" {
				return "", false
			}
			if f.Recv != nil && i == 0 {
				continue
			}
			if _, variadic := p.Type.(*ast.Ellipsis); variadic {
				names = append(names, n.Name+"...")
			} else {
				names = append(names, n.Name)
			}
		}
	}
	return strings.Join(names, ", "), true
}

// receiver is what a call of a method begins with.
func receiver(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return ""
	}
	return f.Recv.List[0].Names[0].Name + "."
}

// switchFile is the file that each package with schemas has beside them.
func switchFile(pkg string) string {
	return fmt.Sprintf("package %s\n\nimport \"os\"\n\nvar mutantOn = os.Getenv(%q)\n", pkg, mutantVar)
}

// write puts schemas into dir and returns what replaces what for -overlay.
func write(dir string, files map[string]*schema) (map[string]string, error) {
	changed := map[string]string{}
	put := func(name, text string) error {
		path, err := filepath.Abs(name)
		if err != nil {
			return err
		}
		changed[path] = filepath.Join(dir, strings.ReplaceAll(name, "/", "_"))
		return os.WriteFile(changed[path], []byte(text), 0o644)
	}
	for name, s := range files {
		if err := put(name, s.text); err != nil {
			return nil, err
		}
		if err := put(filepath.Join(filepath.Dir(name), "mutant_on.go"), switchFile(s.pkg)); err != nil {
			return nil, err
		}
	}
	return changed, nil
}
