# bash completion for policy-route(8). No program is started but sed and sort, and these only where a name is wanted.

# A line for each command: words, alternatives "a|b", "@uplink" and its like for names of the configuration; after
# "*" words with a value each, in any order.
# Made from node-defs/ and the program's help by npm run templates:
_policy_route_lines='--help
--version
apply
apply --boot
apply --config @file
clear counters
clear counters rule @rule
commands
commands --config @file
commands --json
configure
configure --script @file
diagram
diagram --output @file
diagram --text
explain * destination @any destination-port @any dscp @any icmp-code @any icmp-type @any inbound @interface ipsec @any mac-address @any packet-length @any protocol tcp|udp|icmp|icmpv6 source @any source-port @any state @any tcp-flags @any time @any tos @any user @any user-group @any
force group @group failback
force uplink @uplink auto
force uplink @uplink down
force uplink @uplink up
generate ssh-key
import @any
import @file
monitor
plan
plan --check
plan --config @file
plan --json
reset connections
reset connections uplink @uplink
reset uplink @uplink
restart
show
show --json
show commands
show commands --json
show connections
show connections --json
show connections uplink @uplink
show connections uplink @uplink --json
show diagram
show diagram --json
show events
show events --json
show events 20|100|500
show events 20|100|500 --json
show group
show group --json
show group @group
show group @group --json
show group @group detail
show group @group detail --json
show group detail
show group detail --json
show json
show json --json
show log
show log --json
show marks
show marks --json
show metrics
show metrics --json
show plan
show plan --json
show rule
show rule --json
show rule @rule
show rule @rule --json
show rule @rule detail
show rule @rule detail --json
show rule detail
show rule detail --json
show table
show table --json
show table @uplink|@group
show table @uplink|@group --json
show tech-support
show tech-support --json
show uplink
show uplink --json
show uplink @uplink
show uplink @uplink --json
show uplink @uplink detail
show uplink @uplink detail --json
show uplink detail
show uplink detail --json
show what-if uplink @uplink down
show what-if uplink @uplink down --json
show what-if uplink @uplink down uplink @uplink down
show what-if uplink @uplink down uplink @uplink down --json
show what-if uplink @uplink down uplink @uplink down uplink @uplink down
show what-if uplink @uplink down uplink @uplink down uplink @uplink down --json
show what-if uplink @uplink down uplink @uplink down uplink @uplink up
show what-if uplink @uplink down uplink @uplink down uplink @uplink up --json
show what-if uplink @uplink down uplink @uplink up
show what-if uplink @uplink down uplink @uplink up --json
show what-if uplink @uplink down uplink @uplink up uplink @uplink down
show what-if uplink @uplink down uplink @uplink up uplink @uplink down --json
show what-if uplink @uplink down uplink @uplink up uplink @uplink up
show what-if uplink @uplink down uplink @uplink up uplink @uplink up --json
show what-if uplink @uplink up
show what-if uplink @uplink up --json
show what-if uplink @uplink up uplink @uplink down
show what-if uplink @uplink up uplink @uplink down --json
show what-if uplink @uplink up uplink @uplink down uplink @uplink down
show what-if uplink @uplink up uplink @uplink down uplink @uplink down --json
show what-if uplink @uplink up uplink @uplink down uplink @uplink up
show what-if uplink @uplink up uplink @uplink down uplink @uplink up --json
show what-if uplink @uplink up uplink @uplink up
show what-if uplink @uplink up uplink @uplink up --json
show what-if uplink @uplink up uplink @uplink up uplink @uplink down
show what-if uplink @uplink up uplink @uplink up uplink @uplink down --json
show what-if uplink @uplink up uplink @uplink up uplink @uplink up
show what-if uplink @uplink up uplink @uplink up uplink @uplink up --json
test uplink @uplink
test uplink @uplink --json
uninstall
watch
what-if uplink @uplink down
what-if uplink @uplink down --json
what-if uplink @uplink down uplink @uplink down
what-if uplink @uplink down uplink @uplink down --json
what-if uplink @uplink down uplink @uplink down uplink @uplink down
what-if uplink @uplink down uplink @uplink down uplink @uplink down --json
what-if uplink @uplink down uplink @uplink down uplink @uplink up
what-if uplink @uplink down uplink @uplink down uplink @uplink up --json
what-if uplink @uplink down uplink @uplink up
what-if uplink @uplink down uplink @uplink up --json
what-if uplink @uplink down uplink @uplink up uplink @uplink down
what-if uplink @uplink down uplink @uplink up uplink @uplink down --json
what-if uplink @uplink down uplink @uplink up uplink @uplink up
what-if uplink @uplink down uplink @uplink up uplink @uplink up --json
what-if uplink @uplink up
what-if uplink @uplink up --json
what-if uplink @uplink up uplink @uplink down
what-if uplink @uplink up uplink @uplink down --json
what-if uplink @uplink up uplink @uplink down uplink @uplink down
what-if uplink @uplink up uplink @uplink down uplink @uplink down --json
what-if uplink @uplink up uplink @uplink down uplink @uplink up
what-if uplink @uplink up uplink @uplink down uplink @uplink up --json
what-if uplink @uplink up uplink @uplink up
what-if uplink @uplink up uplink @uplink up --json
what-if uplink @uplink up uplink @uplink up uplink @uplink down
what-if uplink @uplink up uplink @uplink up uplink @uplink down --json
what-if uplink @uplink up uplink @uplink up uplink @uplink up
what-if uplink @uplink up uplink @uplink up uplink @uplink up --json'
# End of what is made.

# Words that can stand for one word of a line: itself, or names in the configuration that was last applied, which anybody may read.
_policy_route_words() {
    case $2 in
        @any) ;;
        @interface) (cd /sys/class/net && printf '%s\n' *) ;;
        @*) sed -n "s/^set 'policy-route' '${2#@}' '\([^']*\)'.*/\1/p" "$1/run/policy-route/applied.config" 2>/dev/null | sort -u ;;
        *) printf '%s\n' "$2" ;;
    esac
}

_policy_route() {
    local cur=${COMP_WORDS[COMP_CWORD]} root='' i line part fits
    local -a before=() words=() parts=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        if [[ ${COMP_WORDS[i]} == --root ]]; then
            if ((++i == COMP_CWORD)); then
                compopt -o filenames 2>/dev/null
                mapfile -t COMPREPLY < <(compgen -d -- "$cur")
                return
            fi
            root=${COMP_WORDS[i]%/}
        else
            before+=("${COMP_WORDS[i]}")
        fi
    done

    # The next words of the lines that begin as what is typed does.
    local -A next=()
    while read -r -a words; do
        if [[ ${words[1]-} == '*' ]]; then
            if ((${#before[@]} == 0)); then
                next[${words[0]}]=1
            elif [[ ${before[0]} == "${words[0]}" ]]; then
                for ((i = 2; i < ${#words[@]}; i += 2)); do
                    if ((${#before[@]} % 2 == 0)); then
                        [[ ${before[-1]} != "${words[i]}" ]] || next[${words[i + 1]}]=1
                    else
                        [[ " ${before[*]} " == *" ${words[i]} "* ]] || next[${words[i]}]=1
                        next[--json]=1
                    fi
                done
            fi
            continue
        fi
        ((${#words[@]} > ${#before[@]})) || continue
        fits=1
        for ((i = 0; fits && i < ${#before[@]}; i++)); do
            if [[ ${words[i]} == *@* ]]; then
                [[ ${before[i]} != -* ]] || fits=0
            else
                [[ "|${words[i]}|" == *"|${before[i]}|"* ]] || fits=0
            fi
        done
        ((fits)) && next[${words[${#before[@]}]}]=1
    done <<<"$_policy_route_lines"

    # Options are offered when one is begun, or when there is nothing else.
    local options=1
    for line in "${!next[@]}"; do [[ $line == -* ]] || options=0; done
    [[ $cur != -* ]] || options=1

    COMPREPLY=()
    for line in "${!next[@]}"; do
        IFS='|' read -r -a parts <<<"$line"
        for part in "${parts[@]}"; do
            if [[ $part == @file ]]; then
                compopt -o filenames 2>/dev/null
                mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -- "$cur")
            elif [[ $part != -* || $options == 1 ]]; then
                mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -W "$(_policy_route_words "$root" "$part")" -- "$cur")
            fi
        done
    done
}

complete -F _policy_route policy-route
