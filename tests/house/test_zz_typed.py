import re, random
from tests.house.test_odd_forms import *
from tests.house.test_odd_forms import _forms_of
from bs4 import BeautifulSoup
CAN="Zqx canary words"
HID=("version","revision","number","live","seen","former","owner","before","base")
@pytest.mark.parametrize("mode",["stale","long","both-empty"])
def test_typed(app,cast,new_client,mode):
    seen={}
    fz=Fuzz(app,[],random.Random(1))
    bad=[]
    for person in cast[:1]+cast[2:3]+cast[4:5]:
        b=new_client(person)
        for m,rule in fz.rules:
            if m!="GET": continue
            name="topic" if rule.startswith("/topics") else "slug"
            opts = PARTS[name][:3] if "<slug>" in rule else [str(n) for n in range(1,12)]
            for part in opts:
                addr=re.sub("<[^>]*>",part,rule)
                page=b.get(addr)
                if page.mimetype!="text/html" or page.status_code>=400: continue
                soup=BeautifulSoup(page.text,"html.parser")
                for form in soup.find_all("form"):
                    if str(form.get("method")).lower()!="post": continue
                    texts={f.get("name") for f in form.find_all(["textarea","input"]) if f.name=="textarea" or f.get("type","text") in ("text","search",None)}
                    fid=form.get("id")
                    if fid:
                        texts|={f.get("name") for f in soup.find_all(["textarea","input"],attrs={"form":fid}) if f.name=="textarea" or f.get("type","text")=="text"}
                    texts-={None}
                    if not texts: continue
                    for f in _forms_of(form,addr):
                        key=re.sub(r"\d+","N",f.address)
                        if (person.id,key) in seen or re.search("signin|password|/signout",f.address): continue
                        seen[(person.id,key)]=1
                        for t in texts:
                            data=dict(f.fields)
                            for k in list(data):
                                if mode=="stale" and k in HID: data[k]="999"
                                if mode=="both-empty" and k not in HID and k!=t: data[k]=""
                            data[t]=CAN+(" "+"x"*300_000 if mode=="long" else "")
                            r=b.post(f.address,data=data)
                            if r.status_code>=500: bad.append(("500",f.address,t)); continue
                            if r.status_code>=400 and CAN not in r.text:
                                msg=re.sub(r"\s+"," ",re.sub("<[^>]*>"," ",r.text[r.text.find("<main"):]))[:200]
                                bad.append((mode,r.status_code,f.address,t,person.name,msg))
    for x in bad: print(x)
    print(len(seen))
