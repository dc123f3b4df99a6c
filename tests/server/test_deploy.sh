#!/bin/sh
# test_deploy.sh - what is shipped to run the server in earnest: systemd units, nginx in front, and that the program itself
# opens no connection and no file for writing. What is not installed is skipped, case by case. Speaks TAP.
set -u
tree=$PWD
. tests/support/tap.sh
pids=
finish() {
    for pid in $pids; do kill "$pid" 2>/dev/null; done
    for pid in $pids; do wait "$pid" 2>/dev/null; done
    rm -rf "$scratch"
}
trap finish EXIT

have() { command -v "$1" >/dev/null 2>&1; }
skip() { # skip NAME WHY
    count=$((count + 1))
    echo "ok $count - $1 # SKIP $2"
}
address() { # address FILE: the first one in it, once it is there
    for _ in $(seq 100); do
        if sed -n 's|^listening on http://||p' "$1" | grep -m 1 .; then return 0; fi
        sleep 0.1
    done
    return 1
}
answers() { # answers URL [OPTION...]: 200, and hits
    url=$1
    shift
    curl -sS --max-time 20 -o out -w '%{http_code}' "$@" "$url" >code 2>err && [ "$(cat code)" = 200 ] && has out '"total":'
}
status() { # status WANTED URL [OPTION...]
    wanted=$1
    url=$2
    shift 2
    curl -sS --max-time 20 -o out -w '%{http_code}' "$@" "$url" >code 2>err
    [ "$(cat code)" = "$wanted" ] || { echo "# $(cat code), not $wanted"; return 1; }
}

# ---- the manual ----
manual=$tree/query/SERVE.md
told() { # every option of --help stands in the manual
    while read -r option; do
        grep -q -e "--$option" "$manual" || { echo "# --$option"; return 1; }
    done <options
}
bounded() { # every bound stands in its table, with its default
    while read -r option usual; do
        line=$(grep -F -e "| \`--$option\` |" "$manual") || { echo "# --$option"; return 1; }
        case $line in
        *"| $usual |"* | *"| $((usual / 1048576)) MiB |"*) ;;
        *) echo "# --$option $usual"; return 1 ;;
        esac
    done <bounds
}
run 0 serve --help
sed -n 's/^  --\([a-z-]*\).*/\1/p' out | grep -vx help >options
sed -n 's/^  --\([a-z-]*\) .*(default \([0-9]*\))$/\1 \2/p' out >bounds
ok 'there are options and bounds' [ "$(wc -l <options)" -gt 25 -a "$(wc -l <bounds)" -gt 15 ]
ok 'the manual tells of every option' told
ok 'and of every bound with its default' bounded

ok 'an index is made' run 0 index --index index "$tree/seeds/articles.jsonl"
if ! have curl; then
    skip 'everything else' 'curl is not installed'
    echo "1..$count"
    exit
fi

# ---- systemd ----
mkdir units bin
ln -s "$program" bin/fihrist
for unit in fihrist.service fihrist.socket; do sed "s|@PREFIX@|$scratch|g" "$tree/query/server/systemd/$unit" >"units/$unit"; done
if have systemd-analyze; then
    ok 'the units are valid' sh -c 'systemd-analyze verify ./units/fihrist.socket ./units/fihrist.service >out 2>err && [ ! -s err ]'
    if systemd-analyze --help | grep -q offline; then
        ok 'the service is exposed less than 0.5 of 10' \
            sh -c 'systemd-analyze security --no-pager --offline=true --threshold=5 ./units/fihrist.service >out 2>err'
    else
        skip 'the service is exposed less than 0.5 of 10' 'systemd-analyze is too old for --offline'
    fi
else
    skip 'the units are valid' 'systemd-analyze is not installed'
fi
# systemd's own tool hands sockets over as the units would.
if have systemd-socket-activate; then
    # Below the ports that the system gives out by itself; another program may have one all the same.
    for attempt in 1 2 3 4 5; do
        port=$((20000 + ($$ + attempt * 2003) % 12000))
        systemd-socket-activate -l "127.0.0.1:$port" -l "$scratch/sock" "$program" serve --index index >activated 2>activated.err &
        activated=$!
        for _ in $(seq 100); do
            if [ -S sock ] || ! kill -0 $activated 2>/dev/null; then break; fi
            sleep 0.1
        done
        if [ -S sock ]; then break; fi
    done
    pids="$pids $activated"
    ok 'a server started by its first client answers it' answers "http://127.0.0.1:$port/search?q=safran"
    ok 'and those of the Unix socket' run 0 search --socket sock --json safran
    pids="$pids $(pgrep -P "${pids##* }" || true)"
else
    skip 'a server started by its first client answers it' 'systemd-socket-activate is not installed'
fi

# ---- no connection, no file for writing ----
case ${MODE-} in asan | tsan) traceable=false ;; *) traceable=true ;; esac # their leak checks cannot be traced
if $traceable && have strace && strace -o trace -e trace=openat true 2>/dev/null; then
    strace -f -qq -o trace -e trace=network,openat,open,creat,rename,unlink,unlinkat,mkdir "$program" serve --index index \
        --http 127.0.0.1:0 --workers 2 >traced 2>traced.err &
    pids="$pids $!"
    at=$(address traced)
    ok 'a traced server answers' answers "http://$at/search?q=safran"
    ok 'and gives an article' status 200 "http://$at/article/fr-safran"
    "$program" index --index index "$tree/seeds/texts" --format text >out 2>err # it opens a new generation
    sleep 1
    ok 'and the next generation' answers "http://$at/search?q=eau"
    pkill -TERM -P "${pids##* }" 2>/dev/null
    wait "${pids##* }" 2>/dev/null
    ok 'it has connected to nothing' sh -c '! grep -E "connect\(|sendto\(.*AF_INET" trace'
    ok 'it has opened nothing for writing' sh -c '! grep -E "O_WRONLY|O_RDWR|O_CREAT|creat\(|rename\(|unlink|mkdir\(" trace'
    ok 'it has been traced at all' grep -q 'MANIFEST' trace
else
    skip 'it has connected to nothing' 'strace is not there, or may not trace'
fi

# ---- nginx ----
nginx=$(command -v nginx || echo /usr/sbin/nginx)
if [ -x "$nginx" ] && have openssl; then
    token="nginx-0123456789abcdef0123456789abcdef"
    echo "admin $token" >tokens
    chmod 600 tokens
    "$program" serve --index index --http 127.0.0.1:0 --tokens tokens >behind 2>behind.err &
    pids="$pids $!"
    at=$(address behind)
    tls=$((14000 + $$ % 6000))
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=localhost \
        -addext subjectAltName=DNS:localhost -keyout key.pem -out cert.pem >out 2>err
    sed -e "s|/etc/ssl/certs/search.example.org.pem|$scratch/cert.pem|" -e "s|server_name .*|server_name localhost;|" \
        -e "s|/etc/ssl/private/search.example.org.key|$scratch/key.pem|" -e "s|server 127.0.0.1:7700|server $at|" \
        -e "s|listen 443|listen 127.0.0.1:$tls|" -e "s|# proxy_set_header Authorization.*|proxy_set_header Authorization \"Bearer $token\";|" \
        "$tree/query/server/nginx/fihrist.conf" >site.conf
    mkdir temp
    cat >nginx.conf <<CONF
daemon off;
master_process off;
pid $scratch/nginx.pid;
error_log $scratch/nginx.err;
events { worker_connections 256; }
http {
    access_log off;
    client_body_temp_path $scratch/temp/body;
    proxy_temp_path $scratch/temp/proxy;
    fastcgi_temp_path $scratch/temp/fastcgi;
    uwsgi_temp_path $scratch/temp/uwsgi;
    scgi_temp_path $scratch/temp/scgi;
    include $scratch/site.conf;
}
CONF
    ok 'nginx takes the configuration' sh -c "'$nginx' -t -p '$scratch' -c '$scratch/nginx.conf' >out 2>err"
    "$nginx" -p "$scratch" -c "$scratch/nginx.conf" >nginx.out 2>&1 &
    pids="$pids $!"
    for _ in $(seq 100); do
        if curl -s --cacert cert.pem -o /dev/null "https://localhost:$tls/ready" --resolve "localhost:$tls:127.0.0.1"; then break; fi
        sleep 0.1
    done
    through() { # through PATH: the address and what curl needs to know
        set -- "https://localhost:$tls$1" --cacert cert.pem --resolve "localhost:$tls:127.0.0.1"
        answers "$@"
    }
    ok 'a search over TLS, with the token of the proxy' through '/search?q=safran'
    ok 'the same over HTTP/1.1' answers "https://localhost:$tls/search?q=safran" --http1.1 --cacert cert.pem --resolve "localhost:$tls:127.0.0.1"
    ok 'a query in Arabic comes through' through '/search?q=%D8%A7%D9%84%D9%85%D8%A7%D8%A1'
    ok 'an id with an encoded slash comes through' status 404 "https://localhost:$tls/article/a%2Fb" --cacert cert.pem \
        --resolve "localhost:$tls:127.0.0.1"
    ok 'without the proxy nobody has the token' status 401 "http://$at/search?q=safran"
    ok 'TLS 1.1 is refused' sh -c "! curl -sS --tlsv1.0 --tls-max 1.1 --cacert cert.pem --resolve localhost:$tls:127.0.0.1 \
        https://localhost:$tls/ready >out 2>err"
    for _ in $(seq 250); do
        printf 'url = "https://localhost:%s/ready"\noutput = "/dev/null"\n' "$tls"
    done >many
    curl -s -K many --cacert cert.pem --resolve "localhost:$tls:127.0.0.1" -w '%{http_code}\n' >codes 2>err
    ok 'who asks too often is told so' sh -c 'grep -q 200 codes && grep -q 429 codes'
else
    skip 'nginx takes the configuration' 'nginx or openssl is not installed'
fi
echo "1..$count"
