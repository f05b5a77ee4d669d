#!/bin/sh
# Answers as the router's configuration engine does (vyatta-cfg of VyOS "current"): what there is comes from the folder
# it is in, one file per section in `set` form, `working-policy-route` and so on. It refuses what it does not know.
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
whole=
for word; do
	case $word in
	--show-working-only) which=working ;;
	--show-active-only) which=active ;;
	--show-commands) commands=yes ;;
	--show-ignore-edit) whole=yes ;;
	*) echo "a path or an option this test does not know: $word" >&2; exit 1 ;;
	esac
done
[ -n "$which" ] && [ -n "$commands" ] && [ -n "$whole" ] || { echo "a form this test does not know" >&2; exit 1; }
if cat "$here/$which-"* 2>/dev/null | grep -q .; then
	cat "$here/$which-"*
elif [ "$which" = working ]; then
	echo "_get_cmds_diff error (both config NULL)"
	exit 1
else
	echo "Configuration under specified path is empty"
	exit "${FAKE_EMPTY_EXIT:-3}"
fi
