"""Curl calls in the style of public documentation: the step sends what the real curl sends."""

import os
import shutil
import subprocess
from collections.abc import Iterator

import pytest

import sequence
from tests.sequences.recorder import Recorded, Recorder
from walkabout.sequences.curl.call import step_of

PATIENCE_S = 30
ENVIRON = {"TOKEN": "t0ken-of-mine", "REGION": "eu 1", "USER_NAME": "ana"}
needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")

# HOST stands for the server. Written for these tests, in the ways in which documentation, browsers and people write.
CORPUS = r"""
curl http://HOST/
curl HOST
curl HOST/health
curl -s -o /dev/null -w '%{http_code}' http://HOST/ping
curl -fsS -m 10 --retry 5 -o /dev/null http://HOST/3f1c0e9a-uuid
curl -L "http://HOST/search?q=a+b&lang=de"
curl 'http://HOST/files/%7Eana/a%2Fb.txt'
curl "http://HOST/a/../b/./c?x=/../y"
curl http://HOST/x?y=1#fragment
curl -g 'http://HOST/items?filter[name]=x&ids=[1,2]'
curl --globoff 'http://HOST/[id]'
curl -X POST http://HOST/hooks/ping
curl -X DELETE http://HOST/v1/items/7
curl -XPUT http://HOST/v1/items/7 -d 'name=new'
curl --request PATCH --url http://HOST/v1/items/7 --header 'content-type: application/json' --data '{"name":"new"}'
curl -I http://HOST/
curl --head -H 'If-None-Match: "abc"' http://HOST/page
curl -X OPTIONS -H 'Origin: https://example.com' -H 'Access-Control-Request-Method: POST' http://HOST/
curl -d x=1 -d y=2 http://HOST/form
curl -d 'a=b&c=d' http://HOST/form
curl -d 'message=Hello world' http://HOST/form
curl -d 'message=Hello+world&x=%20%C3%A9' http://HOST/form
curl --data-raw 'a=1&a=2&b' http://HOST/form
curl -d '{"event":"deploy","ok":true}' http://HOST/no-type
curl -d '{"event": "deploy"}' -H 'Content-Type: application/json' http://HOST/json
curl -H 'Content-Type: application/json' -d '{"a":1.0,"b":1e5,"c":"\u00e9"}' http://HOST/json
curl -H "Content-Type: application/json" -d '{"name": "Zoë", "n": 12345678901234567890}' http://HOST/json
curl --json '{"a":1}' http://HOST/json
curl --json '{"a":' --json '1}' http://HOST/json
curl --json '[]' -H 'Accept: application/vnd.x+json' http://HOST/json
curl -d '' http://HOST/empty
curl -X POST -d '' -H 'Content-Type: application/json' http://HOST/empty
curl --data-raw '@not-a-file' http://HOST/raw
curl --data-binary 'line one
line two' -H 'Content-Type: text/plain' http://HOST/raw
curl -d $'one\ntwo\ttab \'quoted\' \x41\u00e9' -H 'Content-Type: text/plain' http://HOST/raw
curl --data-urlencode 'q=a b&c=d/é' http://HOST/encoded
curl --data-urlencode '=a b' --data-urlencode 'plain text' http://HOST/encoded
curl -G -d 'limit=3' --data-urlencode 'q=two words' http://HOST/list
curl -G http://HOST/list?a=1 -d b=2
curl -G -d 'x=1' http://HOST
curl --url-query 'name=a b' http://HOST/list
curl -u user:pass http://HOST/private
curl -u 'sk_test_123:' http://HOST/v1/charges -d amount=2000 -d currency=usd -d 'source=tok_visa'
curl --basic --user 'ana:pä:ss' http://HOST/private
curl http://ana:p%40ss@HOST/private
curl -u a:b -H 'Authorization: Bearer mine' http://HOST/private
curl --oauth2-bearer mine http://HOST/private
curl -H "Authorization: Bearer $TOKEN" http://HOST/me
curl -H "Authorization: Bearer ${TOKEN}" -H "X-Region: $REGION" http://HOST/me
curl -u "$USER_NAME:$TOKEN" http://HOST/me
curl -H 'X-Literal: $TOKEN' http://HOST/me
curl -d "user=$USER_NAME&token=$TOKEN" http://HOST/login
curl -H "Content-Type: application/json" -d "{\"user\": \"$USER_NAME\"}" http://HOST/login
curl -H 'X-Name: Zoë €' http://HOST/
curl -A 'my agent/1.0' -e http://example.com/ http://HOST/
curl -b 'session=abc; theme=dark' http://HOST/
curl -b a=1 -b b=2 http://HOST/
curl -H 'Cookie: a=1' http://HOST/
curl -H 'Cookie: a=1' -b b=2 http://HOST/
curl -H 'X-Tag: one' -H 'X-Tag: two' -H 'x-tag: three' http://HOST/
curl -H 'X-Empty;' -H 'X-Gone:' http://HOST/
curl -H 'Expect:' -H 'Accept: text/html' -H 'Accept-Language: de' http://HOST/
curl -H 'User-Agent:' http://HOST/
curl -r 0-99 http://HOST/file
curl -F name=ana -F 'note=a b;c' http://HOST/upload
curl -F 'tag=one' -F 'tag=two' -F other=x http://HOST/upload
curl --form-string 'text=@literal;type=x' http://HOST/upload
curl -F 'note=x' -F 'file=a,b,c;filename=data.csv;type=text/csv' http://HOST/upload
curl -F 'file=hello;filename="my file.txt"' http://HOST/upload
curl -X PUT -F 'a="quoted; text"' http://HOST/upload
$ curl -s http://HOST/status | jq '.items[] | .name'
curl http://HOST/status > /dev/null 2>&1
curl http://HOST/a ;
curl -X POST http://HOST/graphql -H 'Content-Type: application/json' --compressed \
  --data-raw '{"query":"query($id: ID!) { item(id: $id) { name } }","variables":{"id":"7"}}'
curl -X POST \
  http://HOST/v1/messages \
  -H 'content-type: application/json' \
  -H 'x-api-version: 2024-01-01' \
  -d '{
    "to": "ana@example.com",
    "text": "It'"'"'s done"
  }'
# what is up?
curl http://HOST/commented # the end
curl -sSfL --connect-timeout 5 --max-time 20 --retry 2 --retry-delay 1 "http://HOST/v2/x?since=2024-01-01T00:00:00Z"
curl "http://HOST/p" -H "accept: */*" -H "sec-ch-ua: \"Chromium\";v=\"120\"" -H 'sec-fetch-mode: cors' \
  --data-raw "{\"q\":\"\\\\d+\"}" -H 'content-type: text/plain;charset=UTF-8'
curl -X QUIT http://HOST/
curl --http1.1 --tlsv1.2 -k -v http://HOST/secure
curl -d "path=C:\\temp" http://HOST/form
curl http://HOST/?empty=
curl 'http://HOST/?q=a|b'
curl --data-ascii 'plain=1' --silent http://HOST/form
curl -H 'Content-Type: application/x-www-form-urlencoded; charset=utf-8' -d 'ä=ö' http://HOST/form
curl -H 'Content-Type: multipart/form-data' -F a=1 http://HOST/upload
curl -H 'Content-Length: 3' -H 'Content-Type: text/plain' -d 'abc' http://HOST/raw
curl -X POST http://HOST/xml -H 'Content-Type: text/xml; charset=utf-8' -H 'SOAPAction: "urn:x"' -d '<a b="c">é &amp; x</a>'
"""


def calls() -> list[str]:
    """The calls of the corpus; lines that begin with a blank, or follow a backslash, go on with the one before."""
    found: list[str] = []
    for line in CORPUS.strip().split("\n"):
        begins = line.startswith(("curl", "$ curl", "# "))
        if begins and not (found and found[-1].startswith("# ") and "\n" not in found[-1]):
            found.append(line)
        else:
            found[-1] += "\n" + line
    return found


REFUSED = ("curl -X QUIT http://HOST/",)
TAKEN = [call for call in calls() if call not in REFUSED]
# Records are masked, and so are the curl lines that are made of them.
MASKED = ("-u ", "--user ", "-b ", "Cookie", "Authorization", "bearer", "@HOST", "TOKEN")
OPEN = [call for call in TAKEN if not any(word in call for word in MASKED)]


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    made = Recorder()
    yield made
    made.close()


def by_curl(call: str, recorder: Recorder) -> Recorded:
    """What the real curl sends, in bash."""
    command = call.replace("HOST", recorder.host).removeprefix("$ ").split(" | jq")[0]
    environ = {**ENVIRON, "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
    done = subprocess.run(["bash", "-c", command], env=environ, capture_output=True, timeout=PATIENCE_S, check=False)
    assert done.returncode == 0, done.stderr.decode()
    (seen,) = recorder.seen
    recorder.seen.clear()
    return seen


def by_step(call: str, recorder: Recorder) -> Recorded:
    """What its step sends."""
    step = step_of(call.replace("HOST", recorder.host)).step
    settings = sequence.SequenceSettings(secrets={"TOKEN": ENVIRON["TOKEN"]}, environment=ENVIRON)
    run = sequence.run({"requests": [step]}, settings=settings)
    assert run.error is None, run.error
    (seen,) = recorder.seen
    recorder.seen.clear()
    return seen


def test_the_corpus_is_as_large_as_it_should_be() -> None:
    assert len(TAKEN) >= 60


@needs_curl
@pytest.mark.parametrize("call", TAKEN)
def test_a_step_sends_what_curl_sends(call: str, recorder: Recorder) -> None:
    assert by_step(call, recorder) == by_curl(call, recorder)


@needs_curl
@pytest.mark.parametrize("call", OPEN)
def test_the_curl_line_of_a_record_sends_the_same_again(call: str, recorder: Recorder) -> None:
    step = step_of(call.replace("HOST", recorder.host)).step
    settings = sequence.SequenceSettings(environment=ENVIRON)
    (record,) = sequence.run({"requests": [step]}, settings=settings).steps
    first = recorder.seen.pop()
    assert by_curl(record.curl.replace(recorder.host, "HOST"), recorder) == first
