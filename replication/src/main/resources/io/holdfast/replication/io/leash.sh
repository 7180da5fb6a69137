#!/bin/bash
# The leash: stops PostgreSQL when its agent has stopped saying that it may go on.
#   leash.sh DATA FIFO DEADLINE PATIENCE
# DEADLINE, and each line from FIFO, is an instant in centiseconds on the clock of /proc/uptime; the last one counts. The line
# "off" ends the leash. PATIENCE: centiseconds from SIGQUIT to SIGKILL.
# Once it runs it forks nothing and reads no disk, for either can hang when it is needed; hence functions, which bash reads whole.

clock() {
    read -r now _ < /proc/uptime
    now=$((10#${now/./}))
}

# The processes that work in the data directory, by its inode: it can have been renamed or deleted.
find_processes() {
    local process
    found=' '
    for process in /proc/[0-9]*; do
        [[ $process/cwd -ef /proc/self/fd/4 ]] && found+="${process#/proc/} "
    done
    [[ $found != ' ' ]]
}

# SIGQUIT to the postmaster: the one whose parent is not one of them.
quit() {
    local pid stat
    for pid in $found; do
        read -r stat < "/proc/$pid/stat" || continue
        stat=${stat##*) }
        stat=${stat#* }
        [[ $found == *" ${stat%% *} "* ]] || kill -QUIT "$pid"
    done
} 2> /dev/null

stop() {
    local patience=$1 until line
    find_processes && quit
    clock
    until=$((now + patience))
    while find_processes; do
        clock
        ((now < until)) || kill -KILL $found 2> /dev/null
        read -r -t 0.02 -u 3 line
    done
}

main() {
    local deadline=$3 left line seconds
    exec 3<> "$2" 4< "$1" || exit 1
    trap '' HUP INT
    while :; do
        clock
        left=$((deadline > now ? deadline - now : 0))
        printf -v seconds '%d.%02d1' $((left / 100)) $((left % 100))
        # A line that is there already counts, even when the deadline has passed meanwhile.
        if read -r -t "$seconds" -u 3 line; then
            [[ $line == off ]] && exit 0
            [[ $line =~ ^[0-9]+$ ]] && deadline=$line
        else
            clock
            ((now < deadline)) || break
        fi
    done
    echo "deadline $deadline has passed at $now: PostgreSQL in $1 is stopped"
    stop "$4"
    clock
    echo "stopped at $now"
}

main "$@"
exit
