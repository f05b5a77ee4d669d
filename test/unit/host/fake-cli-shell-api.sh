#!/bin/sh
# Answers as the router's configuration engine does (vyatta-cfg of VyOS "current"): what there is comes from the folder
# it is in, one file per path in `set` form, `working-policy-route` and so on. It refuses what it does not know.
here=$(dirname "$0")
echo "$*" >>"$here/calls"
[ -n "$VYATTA_CONFIG_TMP" ] || { echo "no session"; exit 1; }
verb=$1; shift
case $verb in
exists) file="$here/working-$(echo "$*" | tr ' ' '-')"; [ -f "$file" ]; exit ;;
existsActive) file="$here/active-$(echo "$*" | tr ' ' '-')"; [ -f "$file" ]; exit ;;
showConfig) ;;
*) echo "Invalid operation [$verb]" >&2; exit 1 ;;
esac
which=
commands=
while [ $# -gt 1 ]; do
	case $1 in
	--show-working-only) which=working ;;
	--show-active-only) which=active ;;
	--show-commands) commands=yes ;;
	*) echo "unknown option $1" >&2; exit 1 ;;
	esac
	shift
done
[ -n "$which" ] && [ -n "$commands" ] || { echo "a form this test does not know" >&2; exit 1; }
# From "edit policy-route rule 20" every path is looked for below that.
if [ "$VYATTA_EDIT_LEVEL" != / ] || [ "$VYATTA_TEMPLATE_LEVEL" != / ]; then
	echo "Specified configuration path is not valid"
	exit 2
fi
if [ -f "$here/$which-$1" ]; then
	cat "$here/$which-$1"
elif [ "$which" = working ]; then
	echo "_get_cmds_diff error (both config NULL)"
	exit 1
else
	echo "Configuration under specified path is empty"
	exit "${FAKE_EMPTY_EXIT:-3}"
fi
