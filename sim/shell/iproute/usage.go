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
                   netns | nexthop | route | rule | tunnel | vrf }
       OPTIONS := { -V[ersion] | -s[tatistics] | -d[etails] | -j[son] | -p[retty] |
                    -f[amily] { inet | inet6 | link } | -4 | -6 | -0 | -br[ief] |
                    -o[neline] | -b[atch] [filename] | -n[etns] name |
                    -N[umeric] | -a[ll] | -c[olor]}`,
	"link": `Usage: ip link add [ name ] NAME [ txqueuelen PACKETS ] [ address LLADDR ]
                   [ mtu MTU ] [ index IDX ] [ netns { PID | NAME } ]
                   [ numtxqueues N ] [ numrxqueues N ] [ link DEVICE ] [ up ]
                   type { veth [ peer OPTIONS ] | bridge [ BRIDGE ] | dummy |
                          vxlan OPTIONS | vlan id VLANID [ protocol 802.1Q ] |
                          macvlan [ mode { private | vepa | bridge } ] |
                          vrf table TABLE_ID | ipip [ TUNNEL ] }
       ip link delete { DEVICE | dev DEVICE | group GROUP }
       ip link set { DEVICE | dev DEVICE | group GROUP } [ { up | down } ] [ mtu MTU ]
                   [ arp { on | off } ] [ carrier { on | off } ]
                   [ address LLADDR ] [ name NEWNAME ] [ netns { PID | NAME } ]
                   [ master DEVICE ] [ nomaster ] [ alias NAME ]
                   [ txqueuelen PACKETS ] [ group GROUP ] [ promisc { on | off } ]
                   [ multicast { on | off } ] [ allmulticast { on | off } ]
       ip link show [ DEVICE | group GROUP ] [ up ] [ master DEV ] [ type TYPE ]
                   [ nomaster ] [ vrf NAME ]
       ip link property { add | del } dev DEVICE [ altname NAME ]...
TUNNEL := [ remote ADDR ] [ local ADDR ] [ ttl TTL ] [ tos TOS ] [ dev DEVICE ]
          [ [no]pmtudisc ] [ fwmark MARK ]
BRIDGE := [ forward_delay N ] [ stp_state 0 ] [ mcast_snooping { 0 | 1 } ]`,
	"address": `Usage: ip address { add | change | replace } IFADDR dev IFNAME
       ip address del IFADDR dev IFNAME
       ip address { show | flush } [ dev IFNAME ] [ scope SCOPE-ID ] [ to PREFIX ]
                   [ FLAG-LIST ] [ label LABEL ] [ up ] [ group GROUP ]
                   [ master DEVICE ] [ type TYPE ]
IFADDR := PREFIX | ADDR peer PREFIX [ broadcast ADDR ] [ label IFNAME ]
          [ scope SCOPE-ID ] [ metric METRIC ] [ noprefixroute ]
          [ proto ADDRPROTO ] [ valid_lft LFT ] [ preferred_lft LFT ]
LFT := [ forever | SECONDS ]
SCOPE-ID := [ host | link | global | NUMBER ]
FLAG-LIST := [ permanent | primary | secondary | noprefixroute ]`,
	"route": `Usage: ip route { list | flush } SELECTOR
       ip route get [ fibmatch ] ADDRESS [ from ADDRESS iif STRING ]
                   [ oif STRING ] [ tos TOS ] [ mark NUMBER ] [ uid NUMBER ]
                   [ vrf NAME ] [ ipproto PROTOCOL ] [ sport NUMBER ] [ dport NUMBER ]
       ip route { add | del | change | append | prepend | replace } ROUTE
SELECTOR := [ root PREFIX ] [ match PREFIX ] [ exact PREFIX ] [ table TABLE_ID ]
            [ proto RTPROTO ] [ type TYPE ] [ scope SCOPE ] [ dev STRING ]
            [ via PREFIX ] [ src PREFIX ] [ metric METRIC ] [ tos TOS ]
            [ vrf NAME ]
ROUTE := [ TYPE ] PREFIX [ tos TOS ] [ table TABLE_ID ] [ vrf NAME ]
         [ proto RTPROTO ] [ scope SCOPE ] [ metric METRIC ] [ src ADDRESS ]
         [ mtu [ lock ] NUMBER ] [ advmss NUMBER ] [ hoplimit NUMBER ]
         { NH | nhid ID | nexthop NH [ weight NUMBER ] [ nexthop ... ] }
NH := [ via ADDRESS ] [ dev STRING ] [ onlink ]
TYPE := { unicast | local | broadcast | multicast | throw | unreachable |
          prohibit | blackhole }
TABLE_ID := [ local | main | default | all | cache | NUMBER ]
SCOPE := [ host | link | global | NUMBER ]
RTPROTO := [ kernel | boot | static | bird | NUMBER ]`,
	"rule": `Usage: ip rule { add | del } SELECTOR ACTION
       ip rule { flush | list } [ SELECTOR ] [ lookup TABLE_ID ]
SELECTOR := [ not ] [ from PREFIX ] [ to PREFIX ] [ tos TOS ]
            [ fwmark FWMARK[/MASK] ] [ iif STRING ] [ oif STRING ]
            [ pref NUMBER ] [ protocol PROTO ] [ l3mdev ]
            [ uidrange NUMBER-NUMBER ] [ ipproto PROTOCOL ]
            [ sport NUMBER[-NUMBER] ] [ dport NUMBER[-NUMBER] ] [ tun_id TUN_ID ]
ACTION := [ table TABLE_ID ] [ goto NUMBER ] [ nop ] [ TYPE ]
          [ suppress_prefixlength NUMBER ] [ suppress_ifgroup GROUP ]
TYPE := [ throw | prohibit | unreachable | blackhole ]`,
	"neigh": `Usage: ip neigh { add | del | change | replace }
                { ADDR [ lladdr LLADDR ] [ nud STATE ] | proxy ADDR }
                [ dev DEV ] [ router ] [ use ] [ extern_learn ] [ protocol PROTO ]
       ip neigh { show | flush } [ proxy ] [ to PREFIX ] [ dev DEV ] [ nud STATE ]
                [ vrf NAME ] [ nomaster ] [ unused ]
       ip neigh get { ADDR | proxy ADDR } dev DEV
STATE := { delay | failed | incomplete | noarp | none |
           permanent | probe | reachable | stale }`,
	"netns": `Usage: ip netns list
       ip netns add NAME
       ip [-all] netns delete [NAME]
       ip netns identify [PID]
       ip netns pids NAME
       ip netns set NAME NETNSID
       ip [-all] netns exec [NAME] cmd ...
       ip netns list-id
NETNSID := auto | POSITIVE-INT`,
	"tunnel": `Usage: ip tunnel show [ NAME ]
       ip tunnel { add | change | del } [ NAME ] [ mode ipip ]
                 [ remote ADDR ] [ local ADDR ] [ ttl TTL ] [ tos TOS ]
                 [ [no]pmtudisc ] [ dev DEVICE ]
ADDR := { IP_ADDRESS | any }
TOS  := { STRING | 00..ff | inherit | inherit/STRING | inherit/00..ff }
TTL  := { 1..255 | inherit }`,
	"nexthop": `Usage: ip nexthop { list | flush } [ id ID ] [ dev DEV ] [ vrf NAME ]
                  [ master DEV ] [ groups ] [ fdb ] [ protocol ID ]
       ip nexthop { add | replace } id ID NH [ protocol ID ]
       ip nexthop { get | del } id ID
NH := { blackhole | [ via ADDRESS ] [ dev DEV ] [ onlink ] |
        group GROUP [ type mpath ] }
GROUP := [ <id[,weight]>/<id[,weight]>/... ]`,
	"monitor": `Usage: ip monitor [ all | OBJECTS ] [ label ] [ dev DEVICE ]
OBJECTS := address | link | mroute | neigh | netconf |
           nexthop | nsid | prefix | route | rule`,
	"vrf": `Usage:	ip vrf show [NAME] ...
	ip vrf identify [PID]
	ip vrf pids [NAME]`,
	"netconf": `Usage: ip netconf show [ dev STRING ]`,
	"tc": `Usage: tc [ OPTIONS ] OBJECT { COMMAND | help }
       tc [ -force ] -batch filename
where  OBJECT := { qdisc | class | filter }
       OPTIONS := { -V[ersion] | -s[tatistics] | -d[etails] | -n[etns] name |
                    -b[atch] [filename] | -j[son] | -p[retty] }`,
	"qdisc": `Usage: tc qdisc [ add | del | replace | change | show ] dev STRING
                [ handle QHANDLE ] root [ QDISC_KIND [ help | OPTIONS ] ]
       tc qdisc { show | list } [ dev STRING ]
QDISC_KIND := { netem | tbf | pfifo | bfifo }`,
	"bridge": `Usage: bridge [ OPTIONS ] OBJECT { COMMAND | help }
where  OBJECT := { link | fdb }
       OPTIONS := { -V[ersion] | -s[tatistics] | -d[etails] | -o[neline] |
                    -n[etns] name | -p[retty] -j[son] }`,
}
