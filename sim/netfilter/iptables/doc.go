// Package iptables is the command iptables (1.8.9, legacy): it reads command
// lines, applies them to the tables of package netfilter, and prints what the
// real tool prints, errors and exit codes included.
//
// Parse reads the arguments, Command.Apply runs them; Restore and Save are
// iptables-restore and iptables-save. Split breaks a line of a lab file into
// words.
//
// Known extensions that are not modelled are refused with "not modelled";
// names of hosts are not looked up.
package iptables
