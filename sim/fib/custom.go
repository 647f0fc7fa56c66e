package fib

// CustomRules says that the policy rules are not the three default ones:
// fib4_has_custom_rules.
func (f *FIB) CustomRules() bool { return f.custom }
