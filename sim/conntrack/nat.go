package conntrack

import (
	"hoplab/packet"
	"hoplab/sim/clock"
)

// NATInitialized says that the binding of this kind was chosen for the entry,
// so that the nat table is not asked again: nf_nat_initialized.
func (t *Table) NATInitialized(conn uint32, manip Manip) bool { return true }

// SetupNAT chooses the translation of a new entry within r:
// nf_nat_setup_info. MASQUERADE is SNAT to the one address that the walk chose
// and sets Conn.MasqIndex before. False means that the packet must be dropped.
func (t *Table) SetupNAT(conn uint32, manip Manip, r Range, now clock.Instant) bool { return true }

// AllocNullBinding is SetupNAT when no rule of the nat table matched: addresses
// stay, but ports and ids move if the tuple is taken (nf_nat_alloc_null_binding).
func (t *Table) AllocNullBinding(conn uint32, manip Manip, now clock.Instant) bool { return true }

// NATPacket rewrites a packet as its entry says: nf_nat_packet, and
// nf_nat_icmp_reply_translation for ICMP errors. manip is that of the hook.
// Checksums are patched; they must be complete. changed says that bytes
// changed; ok false that the packet must be dropped.
func (t *Table) NATPacket(conn uint32, info Info, manip Manip, ip packet.IPv4) (changed, ok bool) {
	return false, true
}

// MasqueradeMoved says at POSTROUTING that the entry was masqueraded to the
// address of another interface than the packet leaves by now. The entry is
// gone then, and the packet must be dropped (nf_nat_oif_changed).
func (t *Table) MasqueradeMoved(conn uint32, info Info, oif int32) bool { return false }

// FlushMasqueraded forgets the entries that MASQUERADE bound to an interface
// that went down (masq_device_event in nf_nat_masquerade.c).
func (t *Table) FlushMasqueraded(ifindex int32) int { return 0 }

// FlushMasqueradedAddr forgets those that use one address of the interface,
// when it is removed (masq_inet_event).
func (t *Table) FlushMasqueradedAddr(ifindex int32, addr uint32) int { return 0 }
