package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// module is the path of this module in imports.
const module = "hoplab"

// arrow forbids that packages reach others by any chain of imports. Names are
// folders of this module or packages from outside; "x/..." means x and all
// below it, "..." everything here. Tests are free: they may look at anything.
type arrow struct {
	from, to []string
	except   []string // the doors: they may import it, and others them
	why      string
}

// below is everything under the façade and the façade itself: what an embedder
// gets.
var below = []string{"packet/...", "topology", "sim/..."}

// hostSide are the parts of one machine; cluster side is sim/ctl.
var hostSide = []string{"sim/fib", "sim/neigh", "sim/netfilter/...", "sim/conntrack", "sim/ipfrag", "sim/netdev", "sim/stack", "sim/sock", "sim/proc"}

var forbidden = []arrow{
	{from: below, to: []string{"scenarios", "ui/..."},
		why: "an embedder gets neither files of scenarios nor a screen"},
	{from: []string{"scenarios"}, to: []string{"ui/..."},
		why: "a run is judged from events; what is printed about it comes later"},
	{from: []string{"ui/text"}, to: []string{"ui/cli"},
		why: "text is rendered for any reader: a terminal, a file, a browser"},
	{from: []string{"packet/..."}, to: []string{"topology", "sim/..."},
		why: "packet holds bytes and their meaning: no node, no route, no time"},
	{from: []string{"packet"}, to: []string{"packet/pcap", "packet/filter", "packet/tcpdump", "packet/layers", "packet/dissect"},
		why: "bytes do not know who reads them"},
	{from: []string{"topology"}, to: []string{"packet/...", "sim/..."},
		why: "topology holds what the user declared: no packet, no simulator"},
	{from: []string{"sim/clock"}, to: []string{"packet/...", "topology", "sim/..."},
		why: "time depends on nothing"},
	{from: []string{"sim/trace"}, to: append([]string{"packet/pcap", "packet/filter", "packet/tcpdump", "packet/dissect", "topology", "sim", "sim/ctl/..."}, hostSide...),
		why: "the vocabulary of explanations is below everybody who explains"},
	{from: []string{"sim/proc"}, to: []string{"packet/...", "topology", "sim/trace", "sim/fib", "sim/neigh", "sim/netfilter/...", "sim/conntrack", "sim/ipfrag", "sim/netdev", "sim/stack"},
		why: "a program is a coroutine on a clock; it has no network by itself"},
	{from: []string{"sim/fib", "sim/neigh", "sim/netfilter/...", "sim/conntrack", "sim/ipfrag"}, to: []string{"sim/netdev", "sim/stack", "sim/sock", "sim/proc", "sim"},
		why: "tables are asked by the walk; they send nothing themselves"},
	{from: []string{"sim/fib"}, to: []string{"sim/neigh", "sim/netfilter/...", "sim/conntrack", "sim/ipfrag"},
		why: "each table knows itself only; sim/stack joins them"},
	{from: []string{"sim/neigh"}, to: []string{"sim/fib", "sim/netfilter/...", "sim/conntrack", "sim/ipfrag"},
		why: "each table knows itself only; sim/stack joins them"},
	{from: []string{"sim/ipfrag"}, to: []string{"sim/fib", "sim/neigh", "sim/netfilter/...", "sim/conntrack"},
		why: "each table knows itself only; sim/stack joins them"},
	{from: []string{"sim/conntrack"}, to: []string{"sim/fib", "sim/neigh", "sim/netfilter/...", "sim/ipfrag"},
		why: "rules ask connections, connections do not ask rules"},
	{from: []string{"sim/netfilter"}, to: []string{"sim/netfilter/iptables", "sim/fib", "sim/neigh", "sim/ipfrag"},
		why: "the mechanism does not know the command line in front of it"},
	{from: []string{"sim/netdev"}, to: []string{"sim/fib", "sim/neigh", "sim/netfilter/...", "sim/conntrack", "sim/ipfrag", "sim/stack", "sim/sock", "sim/proc"},
		why: "devices move frames; who receives them is an interface"},
	{from: []string{"sim/stack"}, to: []string{"sim/sock", "sim/proc", "topology", "sim"},
		why: "a namespace does not know its programs, nor the file it was declared in"},
	{from: hostSide, to: []string{"sim/ctl/...", "topology"},
		why: "a machine has never heard of a cluster"},
	{from: []string{"sim/ctl/..."}, to: append([]string{"packet/...", "sim", "sim/trace", "sim/clock"}, hostSide...),
		why: "the control plane says what a machine should have; it holds no machine"},
	{from: []string{"sim"}, to: []string{"sim/simtest"},
		why: "helpers of tests do not belong into programs"},
	{from: append([]string{"sim", "topology", "packet/...", "sim/ctl/..."}, hostSide...), to: []string{"sim/shell/...", "sim/hosttun"},
		why: "what people type, and the host's packets, come in from above the lab"},
	{from: []string{"sim/..."}, to: []string{"packet/filter"}, except: []string{"sim/shell/..."},
		why: "which packets somebody wants to see is no business of the network"},

	{from: []string{"..."}, to: []string{"github.com/google/gopacket/..."}, except: []string{"packet/dissect"},
		why: "gopacket is the second opinion; it allocates for each packet, and its tables cost time at the start of a program"},
	{from: []string{"..."}, to: []string{"gopkg.in/yaml.v3", "go.yaml.in/yaml/v3"}, except: []string{"topology", "sim/simtest"},
		why: "files are read in one place, which knows lines and columns; recordings are for tests"},
	{from: []string{"..."}, to: []string{"github.com/spf13/cobra/...", "github.com/spf13/pflag/..."}, except: []string{"ui/cli"},
		why: "a library has no command line"},
	{from: []string{"packet/...", "topology", "sim/...", "scenarios", "ui/text"}, to: []string{"github.com/charmbracelet/...", "charm.land/..."},
		why: "no screen below the program"},
	{from: []string{"ui/look", "ui/replay", "ui/complete", "ui/pane/..."}, to: []string{"ui", "ui/cli"},
		why: "a pane makes lines; package ui alone runs a terminal"},
	{from: []string{"ui/replay", "ui/complete", "ui/pane/..."}, to: []string{"github.com/charmbracelet/...", "github.com/muesli/termenv"}, except: []string{"ui/look", "ui/pane"},
		why: "what a terminal is like is in ui/look (widths, colours, the line that is typed) and ui/pane (keys)"},
	{from: []string{"..."}, to: []string{"github.com/songgao/water/..."}, except: []string{"sim/hosttun"},
		why: "only one door leads to packets of the host"},
	{from: []string{"..."}, to: []string{"mvdan.cc/sh/...", "github.com/itchyny/gojq/..."}, except: []string{"sim/shell/..."},
		why: "only the shell reads the shell's language"},
	{from: []string{"..."}, to: []string{"github.com/stretchr/testify/...", "github.com/gaissmai/bart/..."},
		why: "for tests only: judges, and the yardstick of benchmarks"},
	{from: []string{".", "packet", "packet/pcap", "packet/filter", "packet/tcpdump", "packet/layers", "topology", "sim/...", "scenarios", "ui/..."}, to: []string{"packet/dissect"},
		why: "a judge for tests; what people see of a frame is packet/layers"},
}

// doors are packages of the standard library that lead out of the simulation.
// Only direct imports count: fmt itself imports os.
var doors = []arrow{
	{from: append([]string{"scenarios", "ui/text"}, below...), to: []string{"os/...", "io/ioutil", "net", "net/http/...", "syscall", "plugin", "log/...", "testing/..."}, except: []string{"sim/simtest"},
		why: "a lab cannot read or write the host's files, run its programs or send a packet; simtest is for tests"},
	{from: append([]string{"scenarios", "ui/text"}, below...), to: []string{"sync/...", "unsafe", "crypto/rand"},
		why: "one event loop per lab, nothing shared, and all chance from the lab's seed"},
	{from: append([]string{"scenarios", "ui/text"}, below...), to: []string{"math/rand"}, except: []string{"sim/ctl/ipam"},
		why: "chance comes from netdev.Rand by name; Calico's IPAM picks blocks with math/rand seeded by the node's name, and so does ours"},
}

// pkg is one folder of this module, as its sources say.
type pkg struct {
	dir     string // "." for the root
	files   []*ast.File
	imports []string // sorted, without those of tests
}

func (p *pkg) name() string { return p.files[0].Name.Name }

// load parses all packages of this module.
func load(t *testing.T) (*token.FileSet, map[string]*pkg) {
	t.Helper()
	fset, all := token.NewFileSet(), map[string]*pkg{}
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		base := d.Name()
		if d.IsDir() {
			if name != "." && (strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") || base == "testdata") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(base, ".go") || strings.HasSuffix(base, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(fset, name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		dir := filepath.ToSlash(filepath.Dir(name))
		p := all[dir]
		if p == nil {
			p = &pkg{dir: dir}
			all[dir] = p
		}
		p.files = append(p.files, f)
		for _, i := range f.Imports {
			to, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			if to == module {
				to = "."
			}
			p.imports = append(p.imports, strings.TrimPrefix(to, module+"/"))
		}
		return nil
	})
	require.NoError(t, err)
	for _, p := range all {
		slices.Sort(p.imports)
		p.imports = slices.Compact(p.imports)
	}
	return fset, all
}

// matches says that one of the patterns names the package.
func matches(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		tree, all := strings.CutSuffix(p, "...")
		tree = strings.TrimSuffix(tree, "/")
		return all && (tree == "" || name == tree || strings.HasPrefix(name, tree+"/")) || p == name
	})
}

// graph is who imports whom.
type graph map[string][]string

func graphOf(all map[string]*pkg) graph {
	g := graph{}
	for dir, p := range all {
		g[dir] = p.imports
	}
	return g
}

// inside says that a package of this module is among those that an arrow starts
// from; they may import each other.
func (g graph) inside(a arrow, to string) bool {
	_, ours := g[to]
	return ours && matches(a.from, to)
}

// chain finds the shortest chain of imports from a package to one of the
// forbidden ones; nil if there is none.
func (g graph) chain(from string, a arrow, deep bool) []string {
	type step struct {
		name string
		via  *step
	}
	seen := map[string]bool{from: true}
	for queue := []*step{{name: from}}; len(queue) > 0; queue = queue[1:] {
		for _, to := range g[queue[0].name] {
			if seen[to] || matches(a.except, to) {
				continue
			}
			seen[to] = true
			s := &step{to, queue[0]}
			if matches(a.to, to) && !g.inside(a, to) {
				var c []string
				for ; s != nil; s = s.via {
					c = append(c, s.name)
				}
				slices.Reverse(c)
				return c
			}
			if deep {
				queue = append(queue, s)
			}
		}
	}
	return nil
}

// violations lists the chains that the table forbids, sorted.
func (g graph) violations(table []arrow, deep bool) []string {
	var found []string
	for _, from := range slices.Sorted(maps.Keys(g)) {
		for _, a := range table {
			if !matches(a.from, from) || matches(a.except, from) {
				continue
			}
			if c := g.chain(from, a, deep); c != nil {
				found = append(found, strings.Join(c, " -> ")+": "+a.why)
			}
		}
	}
	return found
}

func TestImportsPointDown(t *testing.T) {
	_, all := load(t)
	g := graphOf(all)
	for _, v := range append(g.violations(forbidden, true), g.violations(doors, false)...) {
		t.Error(v)
	}
}

// Every row of the tables must be able to fail: one import more, and it does.
func TestEachForbiddenArrowIsNoticed(t *testing.T) {
	_, all := load(t)
	concrete := func(p string) string { return strings.TrimSuffix(strings.TrimSuffix(p, "..."), "/") }
	check := func(table []arrow, deep bool) {
		for _, a := range table {
			tried := 0
			for _, from := range a.from {
				g := graphOf(all)
				var start string
				for _, dir := range slices.Sorted(maps.Keys(g)) {
					if matches([]string{from}, dir) && !matches(a.except, dir) {
						start = dir
						break
					}
				}
				require.NotEmpty(t, start, "no package is meant by %q; was it renamed?", from)
				for _, to := range a.to {
					to := concrete(to)
					if g.inside(a, to) {
						continue
					}
					tried++
					g[start] = append(slices.Clone(all[start].imports), to)
					require.NotEmpty(t, g.violations([]arrow{a}, deep), "%s -> %s", start, to)
					if deep { // also by way of another package
						g[start] = append(slices.Clone(all[start].imports), "between")
						g["between"] = []string{to}
						require.NotEmpty(t, g.violations([]arrow{a}, deep), "%s -> between -> %s", start, to)
						delete(g, "between")
					}
				}
			}
			require.NotZero(t, tried, "nothing breaks the rule: %s", a.why)
		}
	}
	check(forbidden, true)
	check(doors, false)
}

func TestEveryPackageHasOneComment(t *testing.T) {
	fset, all := load(t)
	for dir, p := range all {
		var at []string
		for _, f := range p.files {
			require.Equal(t, p.name(), f.Name.Name, "%s: two packages in one folder", dir)
			if f.Doc == nil {
				continue
			}
			at = append(at, fset.Position(f.Pos()).Filename)
			want := "Package " + p.name() + " "
			if p.name() == "main" {
				want = "Command "
			}
			if !strings.HasPrefix(f.Doc.Text(), want) {
				t.Errorf("%s: the comment of the package does not begin with %q", at[len(at)-1], want)
			}
		}
		if len(at) != 1 {
			t.Errorf("%s: %d comments of the package %v, want one", dir, len(at), at)
		}
	}
}

// deterministic are the packages in which a run must not depend on anything
// but its input.
var deterministic = append([]string{"scenarios", "ui/text"}, below...)

// calls that take time or chance instead of being given it, by package.
var taking = map[string]struct {
	only, but []string // functions that are forbidden; or all are but these
	why       string
}{
	"time":         {only: []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"}, why: "time comes from sim/clock"},
	"context":      {only: []string{"WithTimeout", "WithTimeoutCause", "WithDeadline", "WithDeadlineCause"}, why: "time comes from sim/clock"},
	"math/rand":    {but: []string{"New", "NewSource", "NewZipf", "Rand", "Source", "Source64", "Zipf"}, why: "the global generator has a seed of its own"},
	"math/rand/v2": {but: []string{"New", "NewPCG", "NewChaCha8", "NewZipf", "Rand", "Source", "PCG", "ChaCha8", "Zipf"}, why: "the global generator has a seed of its own"},
	"runtime":      {only: []string{"Gosched", "SetFinalizer", "AddCleanup", "NumGoroutine", "NumCPU", "GOMAXPROCS"}, why: "a run must not depend on the machine"},
	"maps":         {only: []string{"All", "Keys", "Values"}, why: "maps have no order; wrap it in slices.Sorted or keep a slice beside the map"},
	"hash/maphash": {but: []string{}, why: "its seed differs in every process"},
}

func (p *pkg) check(fset *token.FileSet, info *types.Info) (faults []string) {
	fault := func(at ast.Node, format string, args ...any) {
		faults = append(faults, fset.Position(at.Pos()).String()+": "+fmt.Sprintf(format, args...))
	}
	for _, f := range p.files {
		anyOrder := map[int]bool{} // lines that say why the order of a map cannot be seen
		for _, group := range f.Comments {
			for _, c := range group.List {
				if strings.Contains(c.Text, "any order:") {
					line := fset.Position(c.Pos()).Line
					anyOrder[line], anyOrder[line+1] = true, true
				}
			}
		}
		sorted := map[ast.Node]bool{} // maps.Keys(x) in slices.Sorted(maps.Keys(x))
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GoStmt:
				fault(n, "a go statement: one event loop runs everything; programs are coroutines of sim/proc")
			case *ast.SelectStmt:
				fault(n, "a select statement: nothing runs at the same time as something else")
			case *ast.RangeStmt:
				if isMap(info, n.X) && !orderless(info, n.Body) && !anyOrder[fset.Position(n.Pos()).Line] {
					fault(n, "ranges over a map, which has no order: collect the keys and sort them, or keep a slice beside the map")
				}
			case *ast.CallExpr:
				if from, name := selected(info, n.Fun); from == "slices" && strings.HasPrefix(name, "Sorted") {
					for _, a := range n.Args {
						if c, ok := a.(*ast.CallExpr); ok {
							sorted[c.Fun] = true
						}
					}
				}
			case *ast.SelectorExpr:
				from, name := selected(info, n)
				if r, ok := taking[from]; ok && !sorted[n] && (slices.Contains(r.only, name) || r.but != nil && !slices.Contains(r.but, name)) {
					fault(n, "%s.%s: %s", path.Base(from), name, r.why)
				}
			}
			return true
		})
	}
	return append(faults, p.mutable(fset, info)...)
}

func isMap(info *types.Info, e ast.Expr) bool {
	t := info.Types[e].Type
	if t == nil {
		return false
	}
	_, ok := t.Underlying().(*types.Map)
	return ok
}

// orderless says that the body of a loop over a map only collects keys, for
// somebody to sort, or fills another map.
func orderless(info *types.Info, b *ast.BlockStmt) bool {
	if len(b.List) != 1 {
		return false
	}
	a, ok := b.List[0].(*ast.AssignStmt)
	if !ok || len(a.Lhs) != 1 {
		return false
	}
	if to, ok := a.Lhs[0].(*ast.IndexExpr); ok {
		return isMap(info, to.X)
	}
	c, ok := a.Rhs[0].(*ast.CallExpr)
	if !ok {
		return false
	}
	f, ok := c.Fun.(*ast.Ident)
	return ok && f.Name == "append"
}

// selected is the package and the name in an expression like time.Now.
func selected(info *types.Info, e ast.Expr) (from, name string) {
	s, ok := e.(*ast.SelectorExpr)
	if !ok {
		return "", ""
	}
	id, ok := s.X.(*ast.Ident)
	if !ok {
		return "", ""
	}
	p, ok := info.Uses[id].(*types.PkgName)
	if !ok {
		return "", ""
	}
	return p.Imported().Path(), s.Sel.Name
}

// mutable finds variables of the package that something writes: labs that run
// side by side in one program would share them.
func (p *pkg) mutable(fset *token.FileSet, info *types.Info) (faults []string) {
	fault := func(at ast.Node, v *types.Var, what string) {
		faults = append(faults, fmt.Sprintf("%s: the package's variable %s %s: several labs run in one program", fset.Position(at.Pos()), v.Name(), what))
	}
	alias := map[types.Object]*types.Var{}  // p of p := &x[i], which may be read through
	global := func(e ast.Expr) *types.Var { // the variable that x, x.f, x[i] or *x is part of
		for {
			switch x := e.(type) {
			case *ast.ParenExpr:
				e = x.X
			case *ast.SelectorExpr:
				e = x.X
			case *ast.IndexExpr:
				e = x.X
			case *ast.SliceExpr:
				e = x.X
			case *ast.StarExpr:
				e = x.X
			case *ast.Ident:
				if v, ok := info.Uses[x].(*types.Var); ok && v.Pkg() != nil && v.Parent() == v.Pkg().Scope() {
					return v
				}
				return alias[info.Uses[x]]
			default:
				return nil
			}
		}
	}
	write := func(e ast.Expr, what string) {
		if v := global(e); v != nil {
			fault(e, v, what)
		}
	}
	read := map[ast.Expr]bool{} // addresses that have an alias
	for _, f := range p.files {
		for _, d := range f.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.VAR {
				continue
			}
			for _, s := range g.Specs {
				v := s.(*ast.ValueSpec)
				doc := v.Doc
				if doc == nil {
					doc = g.Doc
				}
				if len(v.Values) == 0 && v.Names[0].Name != "_" && !directive(doc, "//go:embed") {
					faults = append(faults, fmt.Sprintf("%s: the package's variable %s has no value, so something will write it: several labs run in one program", fset.Position(v.Pos()), v.Names[0].Name))
				}
			}
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.AssignStmt:
				for i, l := range n.Lhs {
					if n.Tok != token.DEFINE {
						write(l, "is assigned")
					} else if a, ok := n.Rhs[min(i, len(n.Rhs)-1)].(*ast.UnaryExpr); ok && a.Op == token.AND {
						if o := info.Defs[l.(*ast.Ident)]; o != nil {
							alias[o], read[a] = global(a.X), true
						}
					}
				}
			case *ast.IncDecStmt:
				write(n.X, "is counted")
			case *ast.RangeStmt:
				if n.Tok == token.ASSIGN {
					write(n.Key, "is assigned")
				}
			case *ast.UnaryExpr:
				if n.Op == token.AND {
					if !read[n] {
						write(n.X, "has its address taken")
					}
				}
			case *ast.CallExpr:
				if id, ok := n.Fun.(*ast.Ident); ok && (id.Name == "delete" || id.Name == "clear") && len(n.Args) > 0 {
					write(n.Args[0], "is changed by "+id.Name)
				}
			case *ast.SelectorExpr:
				s := info.Selections[n]
				if s == nil || s.Kind() != types.MethodVal || s.Indirect() {
					return true
				}
				m, ok := s.Obj().Type().(*types.Signature)
				if _, value := s.Recv().Underlying().(*types.Pointer); !ok || m.Recv() == nil || value {
					return true
				}
				if _, pointer := m.Recv().Type().(*types.Pointer); pointer {
					write(n.X, "has a method called that may change it")
				}
			}
			return true
		})
	}
	return faults
}

func directive(doc *ast.CommentGroup, name string) bool {
	return doc != nil && slices.ContainsFunc(doc.List, func(c *ast.Comment) bool { return strings.HasPrefix(c.Text, name) })
}

// outside is a package of another module: it has a name, and what it holds is
// not looked at.
type outside map[string]*types.Package

// Import is types.Importer.
func (o outside) Import(name string) (*types.Package, error) {
	if p := o[name]; p != nil {
		return p, nil
	}
	base := path.Base(name)
	if i := strings.Index(base, ".v"); i > 0 || base == "v2" || base == "v3" {
		base = strings.TrimSuffix(path.Base(strings.TrimSuffix(name, base)), "/")
	}
	p := types.NewPackage(name, base)
	p.MarkComplete()
	o[name] = p
	return p, nil
}

// typed says which name means what in a package. What comes from elsewhere
// stays unknown, which is no fault here.
func typed(fset *token.FileSet, p *pkg) *types.Info {
	info := &types.Info{Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{}, Selections: map[*ast.SelectorExpr]*types.Selection{}, Types: map[ast.Expr]types.TypeAndValue{}}
	c := types.Config{Importer: outside{}, Error: func(error) {}, DisableUnusedImportCheck: true}
	c.Check(p.dir, fset, p.files, info) //nolint:errcheck // unknown names are expected
	return info
}

func TestTimeAndChanceAreGivenNeverTaken(t *testing.T) {
	fset, all := load(t)
	for dir, p := range all {
		if matches(deterministic, dir) && dir != "sim/simtest" {
			for _, f := range p.check(fset, typed(fset, p)) {
				t.Error(f)
			}
		}
	}
}

// The scan notices each thing that it looks for.
func TestScanNotices(t *testing.T) {
	for name, c := range map[string]struct{ src, want string }{
		"wall clock":             {`import "time"; func f() { _ = time.Now() }`, "time.Now"},
		"wall clock, renamed":    {`import zeit "time"; func f() { zeit.Sleep(1) }`, "time.Sleep"},
		"deadline":               {`import "context"; func f() { context.WithTimeout(nil, 1) }`, "context.WithTimeout"},
		"goroutine":              {`func f() { go f() }`, "go statement"},
		"select":                 {`func f() { select {} }`, "select statement"},
		"global generator":       {`import "math/rand"; var x = rand.Intn(3)`, "rand.Intn"},
		"global generator, v2":   {`import "math/rand/v2"; var x = rand.IntN(3)`, "v2.IntN"},
		"keys in any order":      {`import "maps"; func f(m map[int]int) { for range maps.Keys(m) {} }`, "maps.Keys"},
		"map in any order":       {`func f(m map[int]int) { for k := range m { print(k) } }`, "ranges over a map"},
		"variable without value": {`var x int`, "x has no value"},
		"assigned":               {`var x = 1; func f() { x = 2 }`, "x is assigned"},
		"counted":                {`var x = 1; func f() { x++ }`, "x is counted"},
		"filled map":             {`var x = map[int]int{}; func f() { x[1] = 2 }`, "x is assigned"},
		"emptied map":            {`var x = map[int]int{}; func f() { delete(x, 1) }`, "changed by delete"},
		"address":                {`var x = 1; func f() *int { return &x }`, "address taken"},
		"through a pointer":      {`var x = []int{1}; func f() { p := &x[0]; *p = 2 }`, "x is assigned"},
		"pointer method":         {`type T struct{}; func (*T) M() {}; var x = T{}; func f() { x.M() }`, "method called"},
	} {
		t.Run(name, func(t *testing.T) {
			got := scan(t, c.src)
			require.Len(t, got, 1)
			require.Contains(t, got[0], c.want)
		})
	}
	for name, src := range map[string]string{
		"durations":           `import "time"; const d = 3 * time.Second; func f(x time.Time) bool { return x.IsZero() }`,
		"a local of the name": `var x = 1; func f() { x := 2; x++; _ = x }`,
		"own generator":       `import "math/rand/v2"; func f() { _ = rand.New(rand.NewPCG(1, 2)) }`,
		"sorted keys":         `import ("maps"; "slices"); func f(m map[int]int) { for range slices.Sorted(maps.Keys(m)) {} }`,
		"keys collected":      `func f(m map[int]int) (l []int) { for k := range m { l = append(l, k) }; return l }`,
		"map copied":          `func f(m, o map[int]int) { for k, v := range m { o[k] = v } }`,
		"table":               `var x = [...]string{"a"}; func f(i int) string { return x[i] }`,
		"row of a table":      `var x = []struct{ n int }{{1}}; func f() int { p := &x[0]; return p.n }`,
		"interface":           `type I interface{}; var _ I = f; func f() {}`,
	} {
		t.Run(name, func(t *testing.T) { require.Empty(t, scan(t, src)) })
	}
}

func scan(t *testing.T, src string) []string {
	t.Helper()
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "x.go", "package x\n"+src, parser.ParseComments|parser.SkipObjectResolution)
	require.NoError(t, err)
	p := &pkg{dir: "x", files: []*ast.File{f}}
	return p.check(fset, typed(fset, p))
}
