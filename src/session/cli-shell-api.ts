/**
 * The stand-in for the engine's cli-shell-api that completion scripts of templates find in an embedded session: listNodes and
 * listActiveNodes, answered from the session folder, in the engine's form `'a' 'b'` without a newline.
 */
export const CLI_SHELL_API = String.raw`#!/bin/sh
case $1 in
  listNodes) file=proposed.config ;;
  listActiveNodes) file=active.config ;;
  *) echo "cli-shell-api $1: not in an embedded session" >&2; exit 1 ;;
esac
shift
PREFIX=set
for word; do PREFIX="$PREFIX '$word'"; done
PREFIX="$PREFIX " awk '
  index($0, ENVIRON["PREFIX"]) == 1 {
    split(substr($0, length(ENVIRON["PREFIX"]) + 1), part, "\047")
    if (!(part[2] in seen)) { seen[part[2]] = 1; printf "%s\047%s\047", separator, part[2]; separator = " " }
  }' "$VYATTA_POLICY_ROUTE_SESSION/$file"
`;
