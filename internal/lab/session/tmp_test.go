package session
import ("testing";"os")
func TestTmp(t *testing.T){
 for _,n:=range []string{"desec","cloudflare"}{
  f:="../../../dnsconfig/library/"+n+"/session.txtar"
  b,_:=os.ReadFile(f)
  s,err:=Load(f,b)
  if err!=nil{t.Error(err);continue}
  for _,r:=range s.Refusals(){ if err:=s.Try(t.Context(),r);err!=nil{t.Error(err)}}
 }
}
