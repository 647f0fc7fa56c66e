package text

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Particles stand at their word, also at names and numbers; behind one that comes
// later they fit whatever it ends in: 은(는), 이(가), 을(를), 와(과), (으)로.
func TestKoreanParticles(t *testing.T) {
	const end = `($|[^\p{Hangul}(])`
	apart := regexp.MustCompile(`(^|[\w}]) (은|는|이|가|을|를|와|과|로|으로|의|에|에는|에서|에게|보다|이므로|까지|부터)` + end)
	wrong := regexp.MustCompile(`(\}|%(\[\d\])?[sdqv])(은|는|이|가|을|를|와|과|로|으로)` + end)
	require.NoError(t, filepath.WalkDir("..", func(file string, d fs.DirEntry, err error) error {
		require.NoError(t, err)
		if filepath.Ext(file) != ".go" || strings.HasSuffix(file, "_test.go") {
			return nil
		}
		set := token.NewFileSet()
		f, err := parser.ParseFile(set, file, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		ast.Inspect(f, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				s, err := strconv.Unquote(lit.Value)
				require.NoError(t, err)
				if apart.MatchString(s) || wrong.MatchString(s) {
					t.Errorf("%s: %q", set.Position(lit.Pos()), s)
				}
			}
			return true
		})
		return nil
	}))
}
