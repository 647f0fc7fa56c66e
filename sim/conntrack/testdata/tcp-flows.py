"""Records tcp-flows.json: TCP segments that a Linux machine forwards, one at a
time, with the conntrack state that iptables matched and the table after each.

    python3 tcp-flows.py FLOWS SEED FILE      (as root; makes and removes three network namespaces)
"""
import os, ctypes, socket, struct, subprocess, random, json, sys, time, re
libc=ctypes.CDLL(None, use_errno=True)
def ns(name):
    fd=os.open('/run/netns/'+name, os.O_RDONLY)
    if libc.setns(fd, 0x40000000): raise OSError(ctypes.get_errno())
    os.close(fd)
def sh(c): subprocess.run(c, shell=True, check=True)
def setup():
    sh('''set -e
for n in ctdA ctdR ctdB; do ip netns add $n; ip -n $n link set lo up; done
ip link add name va netns ctdA type veth peer name vra netns ctdR
ip link add name vb netns ctdB type veth peer name vrb netns ctdR
ip -n ctdA addr add 10.1.0.1/24 dev va; ip -n ctdR addr add 10.1.0.2/24 dev vra
ip -n ctdB addr add 10.2.0.1/24 dev vb; ip -n ctdR addr add 10.2.0.2/24 dev vrb
for x in "ctdA va" "ctdB vb" "ctdR vra" "ctdR vrb"; do set -- $x; ip -n $1 link set $2 up; done
ip -n ctdA route add default via 10.1.0.2; ip -n ctdB route add default via 10.2.0.2
MA=$(ip -n ctdA -o link show va | grep -o 'ether [^ ]*' | cut -d' ' -f2); MB=$(ip -n ctdB -o link show vb | grep -o 'ether [^ ]*' | cut -d' ' -f2)
ip -n ctdR neigh add 10.1.0.9 lladdr $MA nud permanent dev vra; ip -n ctdR neigh add 10.2.0.9 lladdr $MB nud permanent dev vrb
ip netns exec ctdR sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.vra.rp_filter=0 net.ipv4.conf.vrb.rp_filter=0
for s in NEW ESTABLISHED RELATED INVALID; do ip netns exec ctdR iptables-legacy -t mangle -A FORWARD -m conntrack --ctstate $s; done
sleep 0.5
''')
def csum(b):
    if len(b)%2: b+=b'\0'
    s=sum(struct.unpack('!%dH'%(len(b)//2),b))
    while s>>16: s=(s&0xffff)+(s>>16)
    return ~s&0xffff
A='10.1.0.9'; B='10.2.0.9'
def ip(src,dst,proto,l4):
    h=struct.pack('!BBHHHBBH4s4s',0x45,0,20+len(l4),7,0,64,proto,0,socket.inet_aton(src),socket.inet_aton(dst))
    return h[:10]+struct.pack('!H',csum(h))+h[12:]+l4
def tcp(src,dst,sp,dp,fl,seq,ack,win,opts,data):
    off=(20+len(opts))//4
    h=struct.pack('!HHIIBBHHH',sp,dp,seq&0xffffffff,ack&0xffffffff,off<<4,fl,win,0,0)+opts+data
    ph=socket.inet_aton(src)+socket.inet_aton(dst)+struct.pack('!BBH',0,6,len(h))
    c=csum(ph+h)
    return ip(src,dst,6,h[:16]+struct.pack('!H',c)+h[18:])
F,S,R,P,K=1,2,4,8,16
def counters():
    o=subprocess.run(['iptables-legacy','-t','mangle','-L','FORWARD','-v','-x','-n'],capture_output=True,text=True).stdout
    return {l.split()[-1]:int(l.split()[0]) for l in o.splitlines() if 'ctstate' in l}
def listing():
    o=subprocess.run(['conntrack','-L','-p','tcp'],capture_output=True,text=True).stdout
    return [re.sub(r' +$','',l) for l in o.splitlines()]
def gen(rng):
    # roughly plausible peers, with mistakes
    nxt=[rng.randrange(1<<32),rng.randrange(1<<32)]
    last=[nxt[0],nxt[1]]
    script=rng.choice([['S','SA','A'],['S','SA','A','D0','A1'],['S','SA','A','F1','A0','F0','A1'],['S','SA','A','F0','A1','F1','A0'],['S','SA'],['S'],[],['S','RA1'],['S','S1','SA','A1'],['S','SA','A','F1','A0','F0'],['S','SA','A','R0'],['S','SA','A','D0','D0','R1']])
    script=list(script)
    for _ in range(rng.randrange(0,6)):
        script.insert(rng.randrange(max(0,len(script)-3),len(script)+1) , rng.choice(['S','S1','SA','SA0','A0','A1','D0','D1','F0','F1','R0','R1','RA0','RA1','N0']))
    segs=[]
    for s in script:
        d=1 if s in('SA','S1') or s.endswith('1') else 0
        if s=='SA0': d=0
        k=s.rstrip('01')
        fl={'S':S,'SA':S|K,'A':K,'D':K|P,'F':F|K,'R':R,'RA':R|K,'N':0}[k]
        seq,ack=nxt[d],nxt[1-d]
        r=rng.random()
        if k in('S','SA') and rng.random()<0.4: seq=rng.randrange(1<<32)
        elif k in('R','RA') and rng.random()<0.3: seq=0
        elif r<0.08: seq+=rng.randrange(-70000,70000)
        elif r<0.12: seq+=rng.randrange(-20,20)
        if rng.random()<0.08: ack+=rng.randrange(-200000,70000)
        if not fl&K: ack=0 if rng.random()<0.9 else ack
        data=b'x'*rng.choice([1,10,500]) if k=='D' else b''
        win=rng.choice([64240]*5+[0,502,1])
        opts=b''
        if fl&S and rng.random()<0.6: opts=bytes([2,4,5,180,4,2,1,3,3,rng.choice([0,7,14]),1,1]) 
        elif fl&K and rng.random()<0.1:
            e=(nxt[1-d]+rng.randrange(0,3000))&0xffffffff
            opts=bytes([1,1,5,10])+struct.pack('!II',(e-100)&0xffffffff,e)
        segs.append((d,fl,seq,ack,win,opts,data))
        end=seq+len(data)+(1 if fl&S else 0)+(1 if fl&F else 0)
        if abs(end-nxt[d])<100000 or fl&S: nxt[d]=end&0xffffffff
    return segs
if __name__=='__main__':
    n=int(sys.argv[1]); seed=int(sys.argv[2]); rng=random.Random(seed)
    setup()
    try:
        ns('ctdA'); sa=socket.socket(socket.AF_INET,socket.SOCK_RAW,socket.IPPROTO_RAW)
        ns('ctdB'); sb=socket.socket(socket.AF_INET,socket.SOCK_RAW,socket.IPPROTO_RAW)
        ns('ctdR')
        out=[]; port=10000
        for i in range(n):
            port+=1
            subprocess.run(['conntrack','-F'],capture_output=True)
            flow=[]; c=counters()
            for d,fl,seq,ack,win,opts,data in gen(rng):
                p=tcp(A,B,port,80,fl,seq,ack,win,opts,data) if d==0 else tcp(B,A,80,port,fl,seq,ack,win,opts,data)
                (sb if d else sa).sendto(p,(A if d else B,0))
                time.sleep(0.003)
                c2=counters(); st=[k for k in c2 if c2[k]!=c[k]]; c=c2
                flow.append({'packet':p.hex(),'state':st[0] if st else 'DROPPED','list':listing()})
            out.append(flow)
        open(sys.argv[3],'w').write('[\n'+',\n'.join(json.dumps(f) for f in out)+'\n]\n')
    finally:
        os.system('for n in ctdA ctdR ctdB; do ip netns del $n; done')
