package shell

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// kind is what a variable holds.
type kind uint8

const (
	scalar kind = iota
	indexed
	assoc
)

// variable is one shell variable. Arrays are shared between a shell and its
// subshells until one of them writes: see own.
type variable struct {
	kind     kind
	set      bool
	str      string
	arr      *array
	m        *table
	exported bool
	readonly bool
	integer  bool
	lower    bool
	upper    bool
	nameref  bool
	shared   bool // arr and m belong to somebody else, too
}

// own makes sure that the variable may change its array.
func (v *variable) own() {
	if !v.shared {
		return
	}
	v.shared = false
	if v.arr != nil {
		v.arr = &array{slices.Clone(v.arr.keys), slices.Clone(v.arr.vals)}
	}
	if v.m != nil {
		v.m = v.m.clone()
	}
}

// array is an indexed array: keys ascend; they are nil as long as they are
// 0, 1, 2 ….
type array struct {
	keys []int64
	vals []string
}

func newArray(vals []string) *array { return &array{vals: vals} }

func (a *array) find(i int64) (int, bool) {
	if a.keys == nil {
		if i >= 0 && i < int64(len(a.vals)) {
			return int(i), true
		}
		return len(a.vals), false
	}
	return slices.BinarySearch(a.keys, i)
}

func (a *array) get(i int64) (string, bool) {
	if n, ok := a.find(i); ok {
		return a.vals[n], true
	}
	return "", false
}

func (a *array) put(i int64, s string) {
	n, ok := a.find(i)
	switch {
	case ok:
		a.vals[n] = s
	case a.keys == nil && i == int64(len(a.vals)):
		a.vals = append(a.vals, s)
	default:
		a.sparse()
		n, _ = a.find(i)
		a.keys = slices.Insert(a.keys, n, i)
		a.vals = slices.Insert(a.vals, n, s)
	}
}

// sparse writes down the keys.
func (a *array) sparse() {
	if a.keys == nil {
		a.keys = make([]int64, len(a.vals))
		for i := range a.keys {
			a.keys[i] = int64(i)
		}
	}
}

func (a *array) remove(i int64) {
	n, ok := a.find(i)
	if !ok {
		return
	}
	if n < len(a.vals)-1 || a.keys != nil {
		a.sparse()
		a.keys = slices.Delete(a.keys, n, n+1)
	}
	a.vals = slices.Delete(a.vals, n, n+1)
}

// end is one more than the highest index.
func (a *array) end() int64 {
	if a.keys == nil {
		return int64(len(a.vals))
	}
	if len(a.keys) == 0 {
		return 0
	}
	return a.keys[len(a.keys)-1] + 1
}

func (a *array) indexes() []string {
	l := make([]string, len(a.vals))
	for i := range l {
		if a.keys == nil {
			l[i] = strconv.Itoa(i)
		} else {
			l[i] = strconv.FormatInt(a.keys[i], 10)
		}
	}
	return l
}

// table is an associative array. Bash lists its elements in the order of its
// hash table, and so do we.
type table struct {
	items map[string]tableItem
	seq   int
}

type tableItem struct {
	val string
	seq int
}

func newTable() *table { return &table{items: map[string]tableItem{}} }

func (t *table) clone() *table { return &table{maps.Clone(t.items), t.seq} }

func (t *table) put(k, v string) {
	if old, ok := t.items[k]; ok {
		t.items[k] = tableItem{v, old.seq}
		return
	}
	t.seq++
	t.items[k] = tableItem{v, t.seq}
}

// buckets of bash's table: ASSOC_HASH_BUCKETS, four times as many once it holds
// twice as many elements.
func (t *table) buckets() uint32 {
	n := uint32(1024)
	for uint32(len(t.items)) >= 2*n {
		n *= 4
	}
	return n
}

// keys are in bash's order: by bucket of an FNV-1 hash, the youngest first.
func (t *table) keys() []string {
	type key struct {
		bucket uint32
		seq    int
		name   string
	}
	n := t.buckets()
	l := make([]key, 0, len(t.items))
	for k, it := range t.items { // any order: sorted below
		h := uint32(2166136261)
		for i := range len(k) {
			h = h*16777619 ^ uint32(k[i])
		}
		l = append(l, key{h & (n - 1), it.seq, k})
	}
	slices.SortFunc(l, func(a, b key) int {
		if a.bucket != b.bucket {
			return int(a.bucket) - int(b.bucket)
		}
		return b.seq - a.seq
	})
	keys := make([]string, len(l))
	for i, k := range l {
		keys[i] = k.name
	}
	return keys
}

func (t *table) values() []string {
	l := t.keys()
	for i, k := range l {
		l[i] = t.items[k].val
	}
	return l
}

// value is what $name gives: of an array, element 0.
func (v *variable) value() (string, bool) {
	if v == nil || !v.set {
		return "", false
	}
	switch v.kind {
	case indexed:
		return v.arr.get(0)
	case assoc:
		it, ok := v.m.items["0"]
		return it.val, ok
	}
	return v.str, true
}

// elems are all values.
func (v *variable) elems() []string {
	switch {
	case v == nil || !v.set:
		return nil
	case v.kind == indexed:
		return v.arr.vals
	case v.kind == assoc:
		return v.m.values()
	}
	return []string{v.str}
}

// keys are all indexes.
func (v *variable) keys() []string {
	switch {
	case v == nil || !v.set:
		return nil
	case v.kind == indexed:
		return v.arr.indexes()
	case v.kind == assoc:
		return v.m.keys()
	}
	return []string{"0"}
}

// flags are the letters of ${v@a} and declare -p.
func (v *variable) flags() string {
	var b strings.Builder
	for _, f := range []struct {
		on bool
		c  byte
	}{{v.kind == indexed, 'a'}, {v.kind == assoc, 'A'}, {v.integer, 'i'}, {v.lower, 'l'}, {v.nameref, 'n'}, {v.readonly, 'r'}, {v.upper, 'u'}, {v.exported, 'x'}} {
		if f.on {
			b.WriteByte(f.c)
		}
	}
	return b.String()
}

// scope holds the variables of a function call, or the global ones.
type scope struct {
	vars map[string]*variable
	temp bool // the assignments before a command
}

func newScope() *scope { return &scope{vars: map[string]*variable{}} }

// fork copies a scope for a subshell.
func (sc *scope) fork() *scope {
	c := &scope{vars: make(map[string]*variable, len(sc.vars)), temp: sc.temp}
	for k, v := range sc.vars { // any order: a copy
		if v.kind != scalar {
			v.shared = true
		}
		cp := *v
		c.vars[k] = &cp
	}
	return c
}

// find looks a variable up through the scopes, as dynamic scoping has it. It
// follows namerefs.
func (in *interp) find(name string) *variable {
	v, _ := in.resolve(name)
	return v
}

// resolve is find, with the name that was found at the end of namerefs.
func (in *interp) resolve(name string) (*variable, string) {
	for range 8 {
		v := in.findRaw(name)
		if v == nil || !v.nameref || v.str == "" {
			return v, name
		}
		if i := strings.IndexByte(v.str, '['); i > 0 {
			return v, name // element of an array: see refersToElement
		}
		name = v.str
	}
	return nil, name
}

func (in *interp) findRaw(name string) *variable {
	for i := len(in.scopes) - 1; i >= 0; i-- {
		if v := in.scopes[i].vars[name]; v != nil {
			return v
		}
	}
	return nil
}

// lookup is find with the special and dynamic variables.
func (in *interp) lookup(name string) *variable {
	if v, ok := in.special(name); ok {
		return v
	}
	return in.find(name)
}

// get is the value of a variable, empty if it is not set.
func (in *interp) get(name string) string {
	s, _ := in.lookup(name).value()
	return s
}

// variable finds a variable for writing, or makes it: in the scope where it is,
// otherwise the global one.
func (in *interp) variable(name string) (*variable, error) {
	v, real := in.resolve(name)
	if v == nil {
		v = &variable{}
		in.scopes[0].vars[real] = v
	}
	if v.readonly {
		return nil, in.errorf("%s: readonly variable", real)
	}
	return v, nil
}

// set assigns a string.
func (in *interp) set(name, val string) error {
	if v := in.findRaw(name); v != nil && v.nameref {
		if base, idx, ok := splitElement(v.str); ok {
			return in.setElement(base, idx, val, false)
		}
	}
	if in.assignSpecial(name, val) {
		return nil
	}
	v, err := in.variable(name)
	if err != nil {
		return err
	}
	if val, err = in.convert(v, val); err != nil {
		return err
	}
	if err := in.account(len(val)); err != nil {
		return err
	}
	switch v.kind {
	case indexed:
		v.own()
		if v.arr == nil {
			v.arr = &array{}
		}
		v.arr.put(0, val)
	case assoc:
		v.own()
		if v.m == nil {
			v.m = newTable()
		}
		v.m.put("0", val)
	default:
		v.str = val
	}
	v.set = true
	if in.opts.allexport {
		v.exported = true
	}
	return nil
}

// convert applies declare -i, -l and -u.
func (in *interp) convert(v *variable, val string) (string, error) {
	switch {
	case v.integer:
		n, err := in.evalString(val)
		return strconv.FormatInt(n, 10), err
	case v.lower:
		return strings.Map(unicode.ToLower, val), nil
	case v.upper:
		return strings.Map(unicode.ToUpper, val), nil
	}
	return val, nil
}

// splitElement takes NAME[INDEX] apart.
func splitElement(s string) (name, index string, ok bool) {
	i := strings.IndexByte(s, '[')
	if i <= 0 || !strings.HasSuffix(s, "]") {
		return "", "", false
	}
	return s[:i], s[i+1 : len(s)-1], true
}

// setElement assigns to an element whose index is a string.
func (in *interp) setElement(name, index, val string, more bool) error {
	v, err := in.variable(name)
	if err != nil {
		return err
	}
	return in.putElement(v, name, index, val, more)
}

// putElement assigns to an element; index is text of arithmetic for an indexed
// array, a key for an associative one.
func (in *interp) putElement(v *variable, name, index, val string, more bool) error {
	var err error
	if v.kind == assoc {
		v.own()
		if v.m == nil {
			v.m = newTable()
		}
		if more {
			if val, err = in.appendValue(v, v.m.items[index].val, val); err != nil {
				return err
			}
		} else if val, err = in.convert(v, val); err != nil {
			return err
		}
		if err := in.account(len(val) + len(index)); err != nil {
			return err
		}
		v.m.put(index, val)
		v.set = true
		return nil
	}
	n, err := in.evalString(index)
	if err != nil {
		return err
	}
	if v.kind == scalar {
		v.kind = indexed
		v.arr = &array{}
		if v.set {
			v.arr.put(0, v.str)
		}
		v.str = ""
	}
	v.own()
	if v.arr == nil {
		v.arr = &array{}
	}
	if n < 0 {
		if n += v.arr.end(); n < 0 {
			return in.errorf("%s[%s]: bad array subscript", name, index)
		}
	}
	if more {
		old, _ := v.arr.get(n)
		if val, err = in.appendValue(v, old, val); err != nil {
			return err
		}
	} else if val, err = in.convert(v, val); err != nil {
		return err
	}
	if err := in.account(len(val)); err != nil {
		return err
	}
	v.arr.put(n, val)
	v.set = true
	return nil
}

// appendValue is what += makes.
func (in *interp) appendValue(v *variable, old, val string) (string, error) {
	if v.integer {
		a, err := in.evalString(old)
		if err != nil {
			return "", err
		}
		b, err := in.evalString(val)
		return strconv.FormatInt(a+b, 10), err
	}
	return in.convert(v, old+val)
}

// account limits the memory of variables. It counts what is assigned, and
// counts again what is alive when that seems too much.
func (in *interp) account(n int) error {
	in.memory += n + 32
	if in.memory <= in.p.shell.o.MaxMemory {
		return nil
	}
	sum := n
	for _, sc := range in.scopes {
		for k, v := range sc.vars { // any order: a sum
			sum += len(k) + len(v.str) + 64
			if v.arr != nil {
				for _, s := range v.arr.vals {
					sum += len(s) + 32
				}
			}
			if v.m != nil {
				for k, it := range v.m.items { // any order: a sum
					sum += len(k) + len(it.val) + 64
				}
			}
		}
	}
	if sum > in.p.shell.o.MaxMemory {
		in.errf("xrealloc: cannot allocate %d bytes", n)
		panic(exitPanic{2})
	}
	// Count again when half of what is left is used up.
	in.memory = max(sum, in.memory/2)
	return nil
}

// checkSize is account for a string that is being made.
func (in *interp) checkSize(n int) {
	if n > in.p.shell.o.MaxMemory {
		in.errf("xrealloc: cannot allocate %d bytes", n)
		panic(exitPanic{2})
	}
}

// names lists all variables, sorted.
func (in *interp) names() []string {
	seen := map[string]bool{}
	var l []string
	for i := len(in.scopes) - 1; i >= 0; i-- {
		for k := range in.scopes[i].vars { // any order: sorted below
			if !seen[k] {
				seen[k] = true
				l = append(l, k)
			}
		}
	}
	slices.Sort(l)
	return l
}

// environ is the environment for a command.
func (in *interp) environ() []string {
	var l []string
	for _, name := range in.names() {
		v := in.findRaw(name)
		if v.exported && v.set && v.kind == scalar {
			l = append(l, name+"="+v.str)
		}
	}
	return append(l, in.exportedFunctions()...)
}

// validName says that s can be the name of a variable.
func validName(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c != '_' && (c|0x20 < 'a' || c|0x20 > 'z') && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}

// special are the variables that the shell itself knows.
func (in *interp) special(name string) (*variable, bool) {
	str := func(s string) (*variable, bool) { return &variable{set: true, str: s}, true }
	num := func(n int) (*variable, bool) { return str(strconv.Itoa(n)) }
	switch name {
	case "?":
		return num(in.status)
	case "$":
		return num(in.shellPID)
	case "!":
		if in.lastBG == 0 {
			return nil, true
		}
		return num(in.lastBG)
	case "#":
		return num(len(in.params))
	case "@", "*":
		return &variable{set: len(in.params) > 0, kind: indexed, arr: newArray(in.params)}, true
	case "-":
		return str(in.optionLetters())
	case "0":
		return str(in.name)
	}
	if name[0] >= '1' && name[0] <= '9' {
		n, err := strconv.Atoi(name)
		if err != nil || n > len(in.params) {
			return nil, true
		}
		return str(in.params[n-1])
	}
	if name[0] < 'A' || name[0] > 'Z' {
		return nil, false
	}
	if !in.dynamic[name] {
		return nil, false
	}
	switch name {
	case "LINENO":
		return num(in.line)
	case "BASHPID":
		return num(in.p.PID)
	case "RANDOM":
		return num(in.random())
	case "SRANDOM":
		in.random()
		return num(int(in.rand))
	case "SECONDS":
		return num(in.secondsBase + int(in.p.Proc.Now().Sub(in.started).Seconds()))
	case "EPOCHSECONDS":
		return str(strconv.FormatInt(in.now().Unix(), 10))
	case "EPOCHREALTIME":
		us := in.now().UnixMicro()
		frac := strconv.FormatInt(us%1_000_000+1_000_000, 10)[1:]
		return str(strconv.FormatInt(us/1_000_000, 10) + "." + frac)
	case "BASH_SUBSHELL":
		return num(in.depth)
	case "FUNCNAME":
		if len(in.calls) == 0 {
			return nil, true
		}
		var l []string
		for _, c := range slices.Backward(in.calls) {
			l = append(l, c.name)
		}
		if in.source != "" {
			l = append(l, "main")
		}
		return &variable{set: true, kind: indexed, arr: newArray(l)}, true
	case "BASH_SOURCE":
		l := []string{in.source}
		for _, c := range slices.Backward(in.calls) {
			l = append(l, c.source)
		}
		return &variable{set: in.source != "", kind: indexed, arr: newArray(l)}, true
	case "BASH_LINENO":
		var l []string
		for _, c := range slices.Backward(in.calls) {
			l = append(l, strconv.Itoa(c.line))
		}
		l = append(l, "0")
		return &variable{set: true, kind: indexed, arr: newArray(l)}, true
	case "PIPESTATUS":
		l := make([]string, len(in.pipeStatus))
		for i, n := range in.pipeStatus {
			l[i] = strconv.Itoa(n)
		}
		return &variable{set: true, kind: indexed, arr: newArray(l)}, true
	case "BASH_COMMAND":
		return str(in.currentText())
	case "SHELLOPTS":
		return str(in.shellopts())
	}
	return nil, false
}

// dynamicNames are the variables that special computes, until they are unset.
func dynamicNames() map[string]bool {
	m := map[string]bool{}
	for _, n := range strings.Fields("LINENO BASHPID RANDOM SRANDOM SECONDS EPOCHSECONDS EPOCHREALTIME BASH_SUBSHELL FUNCNAME BASH_SOURCE BASH_LINENO PIPESTATUS BASH_COMMAND SHELLOPTS") {
		m[n] = true
	}
	return m
}

// assignSpecial handles what an assignment to such a variable does.
func (in *interp) assignSpecial(name, val string) bool {
	if !in.dynamic[name] {
		if name == "OPTIND" {
			in.optPos = 0
		}
		return false
	}
	switch name {
	case "RANDOM":
		n, _ := strconv.ParseInt(val, 10, 64)
		in.rand = uint32(n)
	case "SECONDS":
		n, _ := strconv.Atoi(val)
		in.secondsBase, in.started = n, in.p.Proc.Now()
	}
	return true
}

// random is bash's $RANDOM: Park and Miller's minimal standard generator, the
// halves of its 32 bits folded. Like bash's lib/sh/random.c.
func (in *interp) random() int {
	for {
		x := int64(in.rand)
		if x == 0 {
			x = 123459876
		}
		t := 16807*(x%127773) - 2836*(x/127773)
		if t < 0 {
			t += 0x7fffffff
		}
		in.rand = uint32(t)
		r := int(in.rand>>16^in.rand&0xffff) & 32767
		if r != in.lastRand {
			in.lastRand = r
			return r
		}
	}
}
