package iproute

// usage is the fault that shows how an object is used.
func (c *command) usage(object string) error {
	return c.usageText(255, usages[object])
}

func (*command) usageText(status int, text string) error { return &fault{status, text} }

// usages say what is modelled of each object, in the style of iproute2.
var usages = map[string]string{
	"ip": `Usage: ip [ OPTIONS ] OBJECT { COMMAND | help }
       ip [ -force ] -batch filename
where  OBJECT := { address | link | monitor | neighbor | neighbour | netconf |
                   netns | nexthop | route | rule | tunnel }
       OPTIONS := { -V[ersion] | -s[tatistics] | -d[etails] | -j[son] | -p[retty] |
                    -f[amily] { inet | inet6 | link } | -4 | -6 | -0 | -br[ief] |
                    -o[neline] | -b[atch] [filename] | -n[etns] name |
                    -N[umeric] | -a[ll] | -c[olor]}`,
	"link": `Usage: ip link add [ name ] NAME [ txqueuelen PACKETS ] [ address LLADDR ]
                   [ mtu MTU ] [ index IDX ] [ netns { PID | NAME } ]
                   type { veth [ peer OPTIONS ] | bridge [ BRIDGE ] | dummy | vxlan OPTIONS }
       ip link delete { DEVICE | dev DEVICE }
       ip link set { DEVICE | dev DEVICE } [ { up | down } ] [ mtu MTU ]
                   [ address LLADDR ] [ name NEWNAME ] [ netns { PID | NAME } ]
                   [ master DEVICE ] [ nomaster ] [ alias NAME ]
                   [ txqueuelen PACKETS ] [ group GROUP ] [ promisc { on | off } ]
                   [ multicast { on | off } ] [ allmulticast { on | off } ]
       ip link show [ DEVICE | group GROUP ] [ up ] [ master DEV ] [ type TYPE ]
                   [ nomaster ]
BRIDGE := [ forward_delay N ] [ stp_state 0 ] [ mcast_snooping { 0 | 1 } ]`,
	"address": `Usage: ip address { add | change | replace } IFADDR dev IFNAME
       ip address del IFADDR dev IFNAME
       ip address { show | flush } [ dev IFNAME ] [ scope SCOPE-ID ] [ to PREFIX ]
                   [ FLAG-LIST ] [ label LABEL ] [ up ] [ group GROUP ]
                   [ master DEVICE ] [ type TYPE ]
IFADDR := PREFIX | ADDR peer PREFIX [ broadcast ADDR ] [ label IFNAME ]
          [ scope SCOPE-ID ] [ metric METRIC ] [ noprefixroute ]
SCOPE-ID := [ host | link | global | NUMBER ]
FLAG-LIST := [ permanent | primary | secondary | noprefixroute ]`,
	"route": `Usage: ip route { list | flush } SELECTOR
       ip route get [ fibmatch ] ADDRESS [ from ADDRESS iif STRING ]
                   [ oif STRING ] [ tos TOS ] [ mark NUMBER ] [ uid NUMBER ]
       ip route { add | del | change | append | prepend | replace } ROUTE
SELECTOR := [ root PREFIX ] [ match PREFIX ] [ exact PREFIX ] [ table TABLE_ID ]
            [ proto RTPROTO ] [ type TYPE ] [ scope SCOPE ] [ dev STRING ]
            [ via PREFIX ] [ src PREFIX ] [ metric METRIC ] [ tos TOS ]
ROUTE := [ TYPE ] PREFIX [ tos TOS ] [ table TABLE_ID ] [ proto RTPROTO ]
         [ scope SCOPE ] [ metric METRIC ] [ via ADDRESS ] [ dev STRING ]
         [ src ADDRESS ] [ onlink ] [ mtu [ lock ] NUMBER ] [ advmss NUMBER ]
         [ hoplimit NUMBER ]
TYPE := { unicast | local | broadcast | multicast | throw | unreachable |
          prohibit | blackhole }
TABLE_ID := [ local | main | default | all | cache | NUMBER ]
SCOPE := [ host | link | global | NUMBER ]
RTPROTO := [ kernel | boot | static | bird | NUMBER ]`,
	"rule": `Usage: ip rule { add | del } SELECTOR ACTION
       ip rule { flush | list } [ SELECTOR ] [ lookup TABLE_ID ]
SELECTOR := [ not ] [ from PREFIX ] [ to PREFIX ] [ tos TOS ]
            [ fwmark FWMARK[/MASK] ] [ iif STRING ] [ oif STRING ]
            [ pref NUMBER ] [ protocol PROTO ]
ACTION := [ table TABLE_ID ] [ goto NUMBER ] [ nop ] [ TYPE ]
          [ suppress_prefixlength NUMBER ]
TYPE := [ prohibit | unreachable | blackhole ]`,
	"neigh": `Usage: ip neigh { add | del | change | replace }
                { ADDR [ lladdr LLADDR ] [ nud STATE ] | proxy ADDR }
                [ dev DEV ] [ router ] [ use ]
       ip neigh { show | flush } [ proxy ] [ to PREFIX ] [ dev DEV ] [ nud STATE ]
                [ unused ]
       ip neigh get { ADDR | proxy ADDR } dev DEV
STATE := { delay | failed | incomplete | noarp | none |
           permanent | probe | reachable | stale }`,
	"netns": `Usage: ip netns list
       ip netns add NAME
       ip [-all] netns delete [NAME]
       ip netns identify [PID]
       ip netns pids NAME
       ip netns exec NAME cmd ...
       ip netns list-id`,
	"tunnel": `Usage: ip tunnel show [ NAME ] [ mode ipip ]`,
	"bridge": `Usage: bridge [ OPTIONS ] OBJECT { COMMAND | help }
where  OBJECT := { link | fdb }
       OPTIONS := { -V[ersion] | -s[tatistics] | -d[etails] | -o[neline] |
                    -n[etns] name | -p[retty] -j[son] }`,
}
