import { existsSync, readdirSync, realpathSync, statSync } from "node:fs";
import { join } from "node:path";
import { type FrontEnd, iptablesOf } from "./front-end.ts";
import { labFile } from "./lab-file.ts";
import type { Place, World } from "./lab-world.ts";

/** The router's folder inside the lab, and where what it changes on its file system is kept (overlayfs: lower is `/`). */
export const ROUTER_ROOT = "/run/lab/root";
export const ROUTER_UPPER = "/run/lab/upper";
export const ROUTER: Place = { netns: "router", root: ROUTER_ROOT };

/**
 * Gives the router a file system of its own: the machine's, with every change kept in memory. /run, /tmp and /config are
 * empty at first, iptables is the front end asked for, node is the one this program runs on.
 */
export async function makeRouterRoot(world: World, frontEnd: FrontEnd): Promise<void> {
  await world.must({ netns: "router" }, ["sh", "-euc", MOUNTS, "mounts", ROUTER_ROOT, ROUTER_UPPER]);
  await world.must(ROUTER, ["sh", "-euc", SETTLE, "settle", iptablesOf(frontEnd), realpathSync(process.execPath)]);
}

/** sysfs shows the network namespace of who mounts it, so this runs in the router's. */
const MOUNTS = `
root=$1 upper=$2
mkdir -p "$root" "$upper" "$upper.work"
mount -t overlay overlay -o "lowerdir=/,upperdir=$upper,workdir=$upper.work" "$root"
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount --rbind /dev "$root/dev"
mount -t tmpfs tmpfs "$root/run"
mount -t tmpfs tmpfs "$root/tmp"
if ! [ -x "$root/usr/sbin/sshd" ]; then echo "the lab needs / and /usr on one file system" >&2; exit 1; fi
`;

const SETTLE = `
front=$1 node=$2
for program in iptables iptables-save iptables-restore ip6tables ip6tables-save ip6tables-restore; do
  ln -sf "/usr/sbin/$(echo "$program" | sed "s/tables/tables-$front/")" "/etc/alternatives/$program"
done
if [ "$(readlink -f /usr/bin/node)" != "$node" ]; then
  if ! [ -x "$node" ]; then echo "the lab needs node on the root file system, not at $node" >&2; exit 1; fi
  ln -sf "$node" /usr/bin/node
fi
rm -rf /etc/dhcp /etc/frr /config /usr/lib/policy-route /etc/iproute2/rt_tables.d/policy-route.conf
mkdir -p /etc/dhcp/dhclient-enter-hooks.d /etc/dhcp/dhclient-exit-hooks.d /etc/frr /config/auth/policy-route /config/scripts /run/frr /run/sshd
chown frr:frr /run/frr /etc/frr
: > /etc/frr/vtysh.conf
echo router > /etc/hostname
`;

/** Puts the program on the router as its .deb does: from the .deb when a current one was built, else from dist/ and debian/. */
export async function installProgram(world: World): Promise<"deb" | "dist"> {
  const main = labFile("dist/lib/main.js");
  if (!existsSync(main)) throw new Error("dist/ is not built: npm run build");
  const built = statSync(main).mtimeMs;
  const deb = readdirSync(labFile("dist")).find(
    (name) => name.endsWith(".deb") && statSync(join(labFile("dist"), name)).mtimeMs > built,
  );
  if (deb !== undefined) {
    // Not dpkg -x: it would put folders in the place of /lib and its like, which are links.
    const unpack = 'dpkg-deb --fsys-tarfile "$1" | tar -x -C "$2" --keep-directory-symlink --no-overwrite-dir';
    await world.must(undefined, ["sh", "-euc", unpack, "unpack", labFile(`dist/${deb}`), ROUTER_ROOT]);
    return "deb";
  }
  await world.must(undefined, ["sh", "-euc", COPY, "copy", labFile("."), ROUTER_ROOT]);
  return "dist";
}

const COPY = `
top=$1 root=$2
lib=$root/usr/lib/policy-route share=$root/opt/vyatta/share
mkdir -p "$lib" "$share/vyatta-cfg/templates" "$share/vyatta-op/templates"
cp -a "$top/dist/bin" "$top/dist/lib" "$lib/"
for part in libexec templates; do if [ -d "$top/dist/$part" ]; then cp -a "$top/dist/$part" "$lib/"; fi; done
chown -R 0:0 "$lib"
ln -sf ../lib/policy-route/bin/policy-route "$root/usr/sbin/policy-route"
if [ -d "$lib/templates/config" ]; then cp -a "$lib/templates/config/." "$share/vyatta-cfg/templates/"; fi
if [ -d "$lib/templates/op" ]; then cp -a "$lib/templates/op/." "$share/vyatta-op/templates/"; fi
sed -i '1s|^#!/usr/bin/env node$|#!/usr/bin/node|' "$lib/bin/policy-route"
install -D -m 0644 "$top/debian/hooks/dhclient-exit" "$root/etc/dhcp/dhclient-exit-hooks.d/policy-route"
for event in ip-up ip-down ipv6-up ipv6-down; do
  install -D -m 0755 "$top/debian/hooks/$event" "$root/etc/ppp/$event.d/policy-route"
done
`;

/**
 * The router's CLI over ssh: a real sshd, a user "vyos" whose key is /config/auth/policy-route/id_ed25519 (the host key is
 * pinned beside it), and an operational command wrapper that hands what it is told to the real vtysh.
 */
export async function startRouterCli(world: World): Promise<void> {
  await world.must(ROUTER, ["sh", "-euc", CLI]);
  world.start(ROUTER, ["/usr/sbin/sshd", "-D", "-e", "-f", "/etc/ssh/sshd_config_lab"], { stdio: "ignore" });
}

const CLI = `
echo 'vyos:x:7777:7777::/home/vyos:/bin/sh' >> /etc/passwd
echo 'vyos:*:19000:0:99999:7:::' >> /etc/shadow
echo 'vyos:x:7777:' >> /etc/group
sed -i 's/^\\(frrvty:.*:\\)\\(.*\\)$/\\1vyos,\\2/; s/^\\(frrvty:.*\\),$/\\1/' /etc/group
mkdir -p /home/vyos/.ssh /opt/vyatta/bin
key=/config/auth/policy-route/id_ed25519
ssh-keygen -q -t ed25519 -N '' -C policy-route -f "$key"
cp "$key.pub" /home/vyos/.ssh/authorized_keys
chown -R vyos:vyos /home/vyos
ssh-keygen -q -t ed25519 -N '' -C router -f /etc/ssh/lab_host_key
cp /etc/ssh/lab_host_key.pub /config/auth/policy-route/host_key.pub
cat > /etc/ssh/sshd_config_lab <<'END'
Port 22
HostKey /etc/ssh/lab_host_key
UsePAM no
PasswordAuthentication no
PermitRootLogin no
PrintMotd no
PidFile none
END
cat > /opt/vyatta/bin/vyatta-op-cmd-wrapper <<'END'
#!/bin/sh
case "$1 $2" in
  "show ip" | "show ipv6") exec vtysh -c "$*" ;;
esac
echo "  Invalid command: [$1]" >&2
exit 1
END
chmod 755 /opt/vyatta/bin/vyatta-op-cmd-wrapper
`;
