#!/bin/sh
# archive_command: wal-push SOCKET NAME. Ends within about a second, whatever happens.
#   0    the file is durable in the repository
#   1    not now: PostgreSQL keeps it and asks again
#   130  PostgreSQL stops and must not wait; it asks again after its next start
# PostgreSQL runs it in its data directory.

# Nobody may be there to say that PostgreSQL stops. The postmaster does, in the last line of its lock file.
stopping() {
    while read -r line || [ -n "$line" ]; do
        case $line in
        stopping*) return 0 ;;
        esac
    done < postmaster.pid
    return 1
}

seconds=1
if stopping 2>/dev/null; then
    seconds=0.3
fi
status=$(curl --disable --silent --noproxy '*' --output /dev/null --write-out '%{http_code}' --max-time "$seconds" \
    --unix-socket "$1" --request POST "http://localhost/wal/$2")
case $status in
200) exit 0 ;;
410) exit 130 ;;
esac
if stopping 2>/dev/null; then
    exit 130
fi
exit 1
