# netstore probe: tries from inside this container what its arguments say, with the tools that are here.
# It changes nothing, prints a line of JSON for each check, and waits for everything that it starts.
#
#   NONCE AGREEING ATTEMPTS MILLISECONDS AT_ONCE SECONDS CHECK...
#       a check: tcp,HOST,PORT  udp,HOST,PORT  sctp,HOST,PORT  http,HOST,PORT,/PATH  https,HOST,PORT,/PATH  name,HOST
#   survey
#       which tool would try which kind of check

# Where agnhost and netstore-probe are in their images; no proxies, and messages that can be read below.
PATH="$PATH:/" LC_ALL=C
export PATH LC_ALL
set -f
unset BASH_ENV http_proxy https_proxy all_proxy HTTPS_PROXY ALL_PROXY
newline='
'

tool_for() { # KIND: sets $tool
    case $1 in
        tcp) set -- bash nc python3 perl agnhost curl ;;
        udp) set -- bash python3 perl agnhost ;;
        sctp) set -- python3 perl agnhost ;;
        http) set -- curl python3 wget bash ;;
        https)
            set -- curl python3
            # That of busybox leaves a process behind, for TLS.
            if wget --version >/dev/null 2>&1; then set -- "$@" wget; fi ;;
        name) set -- dig nslookup getent ;;
        *) set -- ;;
    esac
    for tool in netstore-probe "$@"; do
        command -v "$tool" >/dev/null && return 0
    done
    tool=none
}

try() { # KIND HOST PORT PATH: becomes $tool; how it went is in what it says, or in its status
    case $tool:$1 in
        bash:*)
            exec bash -c '{
                echo "$BASHPID"
                exec 3<>"/dev/${1/http/tcp}/$2/$3" || exit
                case $1 in
                    udp) printf "$5" >&3 && IFS= read -r -d "" -n 1 -u 3 && echo answered ;;
                    tcp) echo connected ;;
                    http)
                        echo "now connected"
                        printf "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n" "$4" "$6" >&3
                        IFS= read -r -u 3 || [ "$REPLY" ] || echo "and closed"
                        if [[ $REPLY == HTTP/* ]]; then printf "%s\n" "$REPLY"; fi ;;
                esac
            } 2>&1 | {
                read -r pid
                IFS= read -r -d "" -t "$7" said
                if [ "$?" -gt 128 ]; then kill "$pid" && said+="timed out"; fi
                printf "%s" "$said"
                case $said in answered* | connected* | now*) ;; *) exit 1 ;; esac
            }' bash "$1" "$2" "$3" "$4" "$datagram" "$authority" "$seconds" ;;
        python3:*)
            exec python3 -ISc 'import socket, ssl, sys
kind, host, port, path, authority, seconds = sys.argv[1:]
try:
    type = socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM
    family, type, _, _, address = socket.getaddrinfo(host, port, type=type)[0]
    s = socket.socket(family, type, 132 if kind == "sctp" else 0)
    s.settimeout(int(seconds))
    s.connect(address)
    if kind == "udp":
        s.send(b"'"$datagram"'")
        s.recv(1)
    elif path:
        print("now connected", flush=True)
        if kind == "https":
            s = ssl._create_unverified_context().wrap_socket(s, server_hostname=host)
        s.sendall(f"GET {path} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\n\r\n".encode())
        answer = s.recv(99)
        print(answer[:12].decode("latin-1") if answer[:5] == b"HTTP/" else "" if answer else "and closed")
except OSError as error:
    sys.exit(error.strerror or str(error))' "$1" "$2" "$3" "$4" "$authority" "$seconds" ;;
        perl:*)
            exec perl -e 'use Socket qw(:all); my ($kind, $host, $port, $seconds) = @ARGV;
                my ($error, $to) = getaddrinfo($host, $port, {socktype => $kind eq "udp" ? SOCK_DGRAM : SOCK_STREAM});
                die "$error\n" if $error;
                $SIG{ALRM} = sub { die "timed out\n" };
                alarm $seconds;
                socket(S, $$to{family}, $$to{socktype}, $kind eq "sctp" ? 132 : 0) && connect(S, $$to{addr}) or die "$!\n";
                $kind ne "udp" or syswrite(S, "'"$datagram"'") && defined sysread(S, $_, 1) or die "$!\n"' "$1" "$2" "$3" "$seconds" ;;
        agnhost:*) exec agnhost connect "$authority" --protocol="$1" --timeout="${seconds}s" ;;
        nc:*)
            case $(nc -h 2>&1) in
                *BusyBox*-z*) exec nc -w "$seconds" -z "$2" "$3" ;;
                *BusyBox*) exec nc -w "$seconds" "$2" "$3" -e true ;;
                *) exec nc -w "$seconds" -z -v "$2" "$3" ;;
            esac ;;
        curl:tcp) exec curl -q -g -m "$seconds" -s -S -v "telnet://$authority" ;;
        curl:*) exec curl -q -g -m "$seconds" -k -s -S -v --http1.1 -o /dev/null "$1://$authority$4" ;;
        wget:*) exec wget -S --no-check-certificate -O /dev/null "$1://$authority$4" ;;
        dig:*) exec dig +noall +comments +answer +tries=1 "+time=$seconds" "$2" A "$2" AAAA ;;
        nslookup:*) exec nslookup "$2" ;;
        getent:*) exec getent ahosts "$2" ;;
    esac
}

limited() { # the same; status 143 if it had to be ended, 5 seconds after it should have
    # All that is started is waited for: process 1 of a container may bury nobody.
    try "$@" &
    tried=$!
    { trap 'kill "$!"; wait; exit 1' TERM; sleep "$((seconds + 5))" & wait "$!" && kill "$tried"; } >/dev/null 2>&1 &
    clock=$!
    wait "$tried"
    status=$?
    kill "$clock" 2>/dev/null
    if wait "$clock"; then status=143; fi
    return "$status"
}

attempt() { # KIND HOST PORT PATH: prints a verdict, then what the tool said last
    case $2:$3 in
        -* | :* | *[!A-Za-z0-9._:-]* | *:*[!0-9]) echo "could-not-run not a host and a port" && return ;;
    esac
    case $4 in
        *[!!-~]*) echo "could-not-run a path with other than printable ASCII" && return ;;
    esac
    tool_for "$1"
    if [ "$tool" = none ]; then echo "could-not-run no tool here for $1" && return; fi
    case $2 in
        *:*) authority="[$2]:$3" ;;
        *) authority="$2:$3" ;;
    esac
    datagram='netstore\n'
    if [ "$3" = 53 ]; then datagram='ns\1\0\0\1\0\0\0\0\0\0\0\0\2\0\1'; fi   # which are the servers of names of the root?
    if [ "$1" = name ]; then look_up "$2" && return; fi
    before=$(count_icmp)
    said=$(limited "$@" 2>&1)
    status=$?
    judge "$1" "$2" "$3"
    printf '%s %s\n' "$verdict" "${said##*"$newline"}"
}

judge() { # KIND HOST PORT: sets $verdict by what the tool said, in the words of glibc, musl or Go, and $said to what is to be told.
    # Each pattern has a space in it, or is where a line begins: a host or a path, which a tool may repeat, is not taken for a result.
    verdict=could-not-run
    case $1:$status:$said in
        *:126:* | *:127:*) ;;
        http*HTTP/1.[01]\ [1-5][0-9][0-9]*)
            verdict=http-status said=${said#*HTTP/1.[01] }
            said=${said%"${said#???}"} ;;
        *'ot known'* | *'ot resolve'* | *'bad address'* | *'o such host'* | *'r misbehaving'* | *'o address associated'* | \
            *'n name resolution'*)
            answer=$(attempt name "$2")
            case $answer in
                resolved* | could-not-run*) ;;
                *) verdict=$answer said='' ;;
            esac ;;
        http*'eset by peer'* | http*'mpty reply'* | http*'o data received'* | http*'SSL_ERROR_SYSCALL in'* | http*'EOF occurred'* | \
            http*'nexpected eof'* | http*'and closed'*) verdict=reset ;;
        http*'onnected to '*'timed out'* | http*'now connected'*'timed out'* | http*'stablished connection'*'timed out'* | \
            http:143:*'... connected.'* | https:143:*'... connected.'*) verdict=no-http said='nothing came back in time' ;;
        http*'onnected to '* | http*'now connected'* | http*'stablished connection'* | http*'... connected.'* | http*'getting response'*)
            verdict=no-http
            if [ "$1" = https ]; then verdict=tls-error; fi ;;
        http*:143:*)    # of this tool nobody knows whether it was connected
            case $(attempt tcp "$2" "$3") in
                connected*) verdict=no-http said='nothing came back in time' ;;
                timed-out*) verdict=timed-out said='' ;;
            esac ;;
        udp:0:*) verdict=udp-answered said='' ;;
        udp*'onnection refused'* | udp:1:REFUSED*) verdict=udp-unreachable ;;
        udp*'timed out'* | udp:1:TIMEOUT*) verdict=udp-silent said='' ;;
        tcp:0:* | sctp:0:* | tcp*'onnected to '* | tcp*'stablished connection'*) verdict=connected said='' ;;
        *'onnection refused'* | *:1:REFUSED*) if icmp_came; then verdict=refused; else verdict=refused-rst; fi ;;
        *'etwork is unreachable'* | *'etwork unreachable'*) if icmp_came; then verdict=unreachable; else verdict=no-route; fi ;;
        *'o route to host'* | *'ost is unreachable'*) verdict=unreachable ;;
        *'ot permitted'* | *'ermission denied'*) if icmp_came; then verdict=unreachable; else verdict=local-reject; fi ;;
        *'nvalid argument'*) verdict=no-route ;;    # a route into a black hole
        *'timed out'* | *:1:TIMEOUT* | *' TIMEOUT'*) verdict=timed-out said='' ;;
    esac
}

icmp_came() { [ -z "$before" ] || [ "$before" != "$(count_icmp)" ]; }   # since the attempt began, or nobody can tell

count_icmp() { # prints how many ICMP messages came to this pod so far
    for file in /proc/net/snmp /proc/net/snmp6; do
        while read -r name value _; do
            case $name in
                Icmp: | Icmp6InDestUnreachs) echo "$value" ;;
            esac
        done <"$file"
    done
} 2>/dev/null

look_up() { # NAME: prints the verdict on what a resolver would ask for, in its order
    answer=''
    for name in $(candidates "$1"); do
        said=$(limited name "$name" 2>&1)
        status=$?
        found=$(printf '%s\n' "$said" | addresses)
        if [ -n "$found" ]; then answer="resolved$found" && break; fi
        case $status:$said in
            143:* | *'timed out'* | *'no servers could'*) answer=dns-timeout && break ;;
            *': SERVFAIL'* | *': REFUSED'*) answer=serv-fail ;;
            *': NXDOMAIN'*) answer=${answer:-nx-domain} ;;
            0:* | *': NOERROR'* | *'No answer'*) if [ "$answer" != serv-fail ]; then answer=no-data; fi ;;
            *) answer="could-not-run $tool does not tell why there is no address" && break ;;
        esac
    done
    echo "$answer"
}

candidates() { # NAME: the names that it may be short for, after /etc/resolv.conf
    search='' ndots=1
    while read -r word rest; do
        case $word:$rest in
            search:* | domain:*) search=$rest ;;
            options:*ndots:*) ndots=${rest##*ndots:} ndots=${ndots%% *} ;;
        esac
    done </etc/resolv.conf
    longer=''
    for domain in $search; do longer="$longer $1.${domain%.}."; done
    dots=$(printf %s "$1" | tr -cd .)
    case $tool:$1 in
        getent:* | *.) echo "$1" ;;
        *) if [ "${#dots}" -ge "$ndots" ]; then echo "$1. $longer"; else echo "$longer $1."; fi ;;
    esac
}

addresses() { # those that dig, nslookup or getent print, each behind a space; what nslookup says before a name is the server
    named='' found=''
    while read -r one two three four five _; do
        case $one:$two:$three:$four in
            Name:*) named=yes ;;
            Address::*) found="$found${named:+ $two}" ;;
            Address:[0-9]*) found="$found${named:+ $three}" ;;
            *:IN:A | *:IN:AAAA) found="$found $five" ;;
            *:STREAM:*) found="$found $one" ;;
        esac
    done
    echo "$found"
}

settle() { # INDEX CHECK: attempts until enough in a row agree, then prints index, verdict and the line of JSON
    kind=${2%%,*} rest=${2#*,} port='' path=''
    host=${rest%%,*} rest=${rest#*,}
    case $kind in
        tcp | udp | sctp) port=$rest ;;
        http*) port=${rest%%,*} path=${rest#*,} ;;
    esac
    made=0 row=0 class='' seen=''
    while [ "$row" -lt "$agreeing" ] && [ "$made" -lt "$attempts" ]; do
        clock_now && began=$now
        if [ "$now" -ge "$end" ]; then result='could-not-run the deadline came before it' && break; fi
        result=$(attempt "$kind" "$host" "$port" "$path")
        clock_now
        made=$((made + 1)) before=$class
        case $result in
            could-not-run*) break ;;
            refused*) class=refused ;;
            no-route* | unreachable*) class=unreachable ;;
            *) class=${result%% *} ;;
        esac
        if [ "$class" = "$before" ]; then row=$((row + 1)); else row=1; fi
        seen="$seen ${result%% *}"
    done
    case $result in
        could-not-run*) ;;
        *) if [ "$row" -lt "$agreeing" ]; then result="flapping$seen"; fi ;;
    esac
    said=$(printf '%.300s' "${result#"${result%% *}"}" | tr -cd ' !#-[]-~')
    printf '%d %s {"v":1,"nonce":"%s","check":%d,"verdict":"%s","detail":"%s","attempts":%d,"milliseconds":%d}\n' \
        "$1" "${result%% *}" "$nonce" "$1" "${result%% *}" "${said# }" "$made" $(((now - began) * 10))
}

clock_now() { # sets $now, in hundredths of a second
    read -r now _ </proc/uptime
    now=$((${now%.*} * 100 + 1${now#*.} - 100))
}

work() { # WORKER CHECK...: every at_once-th check from this one on
    worker=$1 index=0
    shift
    for check; do
        if [ $((index % at_once)) -eq "$worker" ]; then settle "$index" "$check"; fi
        index=$((index + 1))
    done
}

collect() { # prints the lines as they come, then the last one, then the termination message
    count=0 lines=''
    while read -r index verdict line; do
        printf '%s\n' "$line"
        eval "verdict_$index=$verdict"
        lines="$lines$line$newline" count=$((count + 1))
    done
    printf '{"v":1,"nonce":"%s","end":%d}\n' "$nonce" "$count"
    if [ -n "$NETSTORE_TERMINATION_LOG" ]; then message >"$NETSTORE_TERMINATION_LOG"; fi
}

message() { # in 4,096 bytes: all verdicts, and as many lines as fit
    index=0 verdicts=''
    while [ "$index" -lt "$count" ] && [ "${#verdicts}" -lt 3900 ]; do
        eval "verdicts=\"\$verdicts \$verdict_$index\""
        index=$((index + 1))
    done
    printf '{"v":1,"nonce":"%s","verdicts":"%s"}\n' "$nonce" "${verdicts# }"
    room=$((4000 - ${#nonce} - ${#verdicts}))
    printf %s "$lines" | while read -r line; do
        room=$((room - ${#line} - 1))
        if [ "$room" -ge 0 ]; then printf '%s\n' "$line"; fi
    done
}

main() {
    tool_for none
    if [ "$1" = survey ]; then
        echo 'netstore survey 1'
        for kind in tcp udp sctp http https name; do tool_for "$kind" && echo "$kind $tool"; done
        echo 'netstore survey end'
        return
    elif [ "$tool" = netstore-probe ]; then
        exec netstore-probe "$@"
    fi
    nonce=$1 agreeing=$2 attempts=$3 seconds=$((($4 + 999) / 1000)) at_once=$5
    clock_now
    end=$((now + $6 * 100))
    shift 6
    {
        worker=0
        while [ "$worker" -lt "$at_once" ] && [ "$worker" -lt $# ]; do
            work "$worker" "$@" &
            worker=$((worker + 1))
        done
        wait
    } | collect
}

# On one line, so that a shell that reads this from standard input has read all of it, and ends without waiting for more.
main "$@" </dev/null; exit
