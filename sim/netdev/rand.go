package netdev

import (
	"hash/fnv"
	"math/rand/v2"
)

// Rand is a seeded source of chance.
type Rand struct{ pcg rand.PCG }

// NewRand returns the stream of that name under the seed.
func NewRand(seed uint64, name string) *Rand {
	h := fnv.New64a()
	h.Write([]byte(name))
	r := new(Rand)
	r.pcg.Seed(seed, h.Sum64())
	return r
}

// Uint32 is the next number.
func (r *Rand) Uint32() uint32 { return uint32(r.pcg.Uint64() >> 32) }

// Below is a number from 0 to n-1, 0 for n = 0; like the kernel's
// prandom_u32_max.
func (r *Rand) Below(n uint32) uint32 { return uint32(uint64(r.Uint32()) * uint64(n) >> 32) }

// Chance is true with probability p.
func (r *Rand) Chance(p float64) bool {
	return p > 0 && float64(r.pcg.Uint64()>>11)/(1<<53) < p
}
