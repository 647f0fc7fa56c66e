package tcpdump
import ("testing";"os";"encoding/json";"path/filepath";"sort";"strings")
func TestDev(t *testing.T){
 dir:=os.Getenv("REF"); if dir=="" {t.Skip()}
 b,_:=os.ReadFile(filepath.Join(dir,"cases.json")); var all struct{Cases []recorded}; json.Unmarshal(b,&all)
 pass:=map[string]int{}; tot:=map[string]int{}
 want:=os.Getenv("KIND")
 for _,c:=range all.Cases { if c.Tier!="core"||c.Pcap=="" {continue}; f,ok:=parseFlags(c); if !ok {continue}
  k:=strings.Join(c.Args[2:]," ")
  tot[k]++
  exp,_:=os.ReadFile(filepath.Join(dir,c.Expected))
  if c.Expected=="" {exp=nil}
  got:=print(t,filepath.Join(dir,c.Pcap),f)
  if got==string(exp) {pass[k]++; if want=="PASS"{t.Log("PASS",c.ID)}} else if k==want { t.Log("FAIL",c.ID, firstDifference(got,string(exp)))}
 }
 var ks []string; for k:=range tot {ks=append(ks,k)}; sort.Strings(ks); for _,k:=range ks {t.Logf("%d/%d %s",pass[k],tot[k],k)}
}
