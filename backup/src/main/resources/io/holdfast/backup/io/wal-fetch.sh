#!/bin/sh
# restore_command: wal-fetch SOCKET standby|restore NAME PATH
#   0    the file is at PATH, whole
#   1    the archive has no such file; for a standby also: nobody knows
#   200  a restore stops here, since nobody knows, or what is there cannot be used: it must not be taken for the end of WAL
case $4 in
/*) to=$4 ;;
*) to=$PWD/$4 ;;
esac
tries=30
while :; do
    status=$(curl --disable --silent --noproxy '*' --output /dev/null --write-out '%{http_code}' --max-time 60 \
        --unix-socket "$1" --get --data-urlencode "to=$to" "http://localhost/wal/$3")
    case $status in
    200) exit 0 ;;
    404) exit 1 ;;
    esac
    if [ "$2" = standby ]; then
        exit 1
    fi
    tries=$((tries - 1))
    if [ "$tries" -le 0 ]; then
        exit 200
    fi
    sleep 1
done
