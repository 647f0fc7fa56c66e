package topology

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
)

// maxRate is one petabit per second; up to here a float64 holds every bit rate exactly.
const maxRate = 1_000_000_000_000_000

// rateUnits are those of tc(8), in bits per second, the plain spelling of each
// scale first. The "bps" units count bytes.
func rateUnits() []struct {
	name string
	bits float64
} {
	return []struct {
		name string
		bits float64
	}{
		{"bit", 1}, {"kbit", 1e3}, {"mbit", 1e6}, {"gbit", 1e9}, {"tbit", 1e12},
		{"kibit", 1 << 10}, {"mibit", 1 << 20}, {"gibit", 1 << 30}, {"tibit", 1 << 40},
		{"bps", 8}, {"kbps", 8e3}, {"mbps", 8e6}, {"gbps", 8e9}, {"tbps", 8e12},
		{"kibps", 8 << 10}, {"mibps", 8 << 20}, {"gibps", 8 << 30}, {"tibps", 8 << 40},
	}
}

var errRange = errors.New("out of range")

// parseRate reads a rate such as 1.5Mbit; a bare number is bits per second.
func parseRate(s string) (uint64, error) {
	digits := strings.TrimRightFunc(s, func(r rune) bool { return r != '.' && (r < '0' || r > '9') })
	n, err := parseDecimal(digits)
	if err != nil {
		return 0, err
	}
	unit, found := strings.ToLower(s[len(digits):]), false
	if unit == "" {
		unit = "bit"
	}
	for _, u := range rateUnits() {
		if u.name == unit {
			n, found = math.Round(n*u.bits), true
		}
	}
	if !found || n < 1 || n > maxRate {
		return 0, errRange
	}
	return uint64(n), nil
}

// rateText prints a rate in the largest unit that divides it.
func rateText(bits uint64) string {
	unit := 0
	units := rateUnits()[:5]
	for unit+1 < len(units) && bits%1000 == 0 {
		bits /= 1000
		unit++
	}
	return strconv.FormatUint(bits, 10) + units[unit].name
}

// parsePercent reads digits and a percent sign. The decimal point is moved in
// the text, not by dividing, so that percentText gives back what was written.
func parsePercent(s string) (float64, error) {
	digits, ok := strings.CutSuffix(s, "%")
	if !ok {
		return 0, errors.New("no percent sign")
	}
	if _, err := parseDecimal(digits); err != nil {
		return 0, err
	}
	p, err := strconv.ParseFloat(digits+"e-2", 64)
	if err != nil || p > 1 {
		return 0, errRange
	}
	return p, nil
}

// percentText prints a chance of 0 to 1 as a percentage.
func percentText(p float64) string {
	if p == 0 {
		return "0%"
	}
	mantissa, exp, _ := strings.Cut(strconv.FormatFloat(p, 'e', -1, 64), "e")
	e, _ := strconv.Atoi(exp) // FormatFloat wrote it
	digits := strings.Replace(mantissa, ".", "", 1)
	point := 1 + e + 2 // digits in front of the decimal point
	switch {
	case point <= 0:
		digits = "0." + strings.Repeat("0", -point) + digits
	case point >= len(digits):
		digits += strings.Repeat("0", point-len(digits))
	default:
		digits = digits[:point] + "." + digits[point:]
	}
	return digits + "%"
}

// parseDecimal reads digits with at most one point among them; no sign, no
// exponent, no "inf".
func parseDecimal(s string) (float64, error) {
	if s == "" || len(s) > 400 || strings.ContainsFunc(s, func(r rune) bool { return r != '.' && (r < '0' || r > '9') }) {
		return 0, errors.New("not a decimal number")
	}
	return strconv.ParseFloat(s, 64)
}

// durationText prints a time with units that can be typed on any keyboard.
func durationText(d time.Duration) string {
	return strings.Replace(d.String(), "µ", "u", 1)
}
