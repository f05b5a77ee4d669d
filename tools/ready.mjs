// Brings a fresh machine to the state a task needs: node_modules from the lock file, Debian packages by apt-get.
// Usage: node tools/ready.mjs build|lab|browser|deb. Says what it installs; does nothing when everything is there.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync, utimesSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const top = dirname(dirname(fileURLToPath(import.meta.url)));

/** Debian packages by what they give; a program that is missing names the package to install. */
const LAB = {
  ip: "iproute2",
  iptables: "iptables",
  "iptables-legacy": "iptables",
  nft: "nftables",
  ipset: "ipset",
  conntrack: "conntrack",
  flock: "util-linux",
  sudo: "sudo",
  ping: "iputils-ping",
  arping: "iputils-arping",
  ndisc6: "ndisc6",
  dhclient: "isc-dhcp-client",
  dhcpd: "isc-dhcp-server",
  dnsmasq: "dnsmasq-base",
  sshd: "openssh-server",
  ssh: "openssh-client",
  vtysh: "frr",
  tcpdump: "tcpdump",
  socat: "socat",
  curl: "curl",
  setpriv: "util-linux",
  tmux: "tmux",
  pkill: "procps",
};
const DEB = {
  dh: "debhelper",
  "dpkg-buildpackage": "dpkg-dev",
  fakeroot: "fakeroot",
  lintian: "lintian",
  man: "man-db",
  "systemd-analyze": "systemd",
};
const CHROOT = { debootstrap: "debootstrap" };
/** To look at the diagrams as a reader does. Big: Debian 12's takes 115 MB to fetch and 365 MB of disk. */
const BROWSER = { chromium: "chromium" };
const BENCH = { trafgen: "netsniff-ng", time: "time" };
const NEEDS = {
  build: {},
  kernel: LAB,
  lab: LAB,
  bench: { ...LAB, ...BENCH },
  browser: BROWSER,
  deb: DEB,
  all: { ...LAB, ...DEB, ...CHROOT },
};

function onPath(program) {
  return [...(process.env.PATH ?? "").split(":"), "/usr/sbin", "/sbin"].some(
    (dir) => dir !== "" && existsSync(join(dir, program)),
  );
}

function must(argv, options = {}) {
  const result = spawnSync(argv[0], argv.slice(1), { stdio: ["ignore", 2, 2], ...options });
  if (result.status === 0) return;
  console.error(`could not set up: ${argv.join(" ")} ${result.error ? result.error.message : `ended with ${result.status}`}`);
  process.exit(2);
}

function nodeModules() {
  const marker = join(top, "node_modules/.package-lock.json");
  if (existsSync(marker) && statSync(marker).mtimeMs >= statSync(join(top, "package-lock.json")).mtimeMs) return;
  console.error("set-up: npm ci");
  must(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: top });
  utimesSync(marker, new Date(), new Date());
}

function debianPackages(needs) {
  const missing = [
    ...new Set(
      Object.entries(needs)
        .filter(([program]) => !onPath(program))
        .map(([, name]) => name),
    ),
  ];
  if (missing.length === 0) return;
  if (!/debian/i.test(existsSync("/etc/os-release") ? readFileSync("/etc/os-release", "utf8") : "")) {
    console.error(`set-up: please install (only Debian's packages are installed by themselves): ${missing.join(" ")}`);
    process.exit(2);
  }
  const root = process.getuid?.() === 0 ? [] : ["sudo"];
  console.error(`set-up: installing Debian packages: ${missing.join(" ")}`);
  must([...root, "apt-get", "update", "-qq"]);
  must([
    ...root,
    "env",
    "DEBIAN_FRONTEND=noninteractive",
    "apt-get",
    "install",
    "-y",
    "-qq",
    "--no-install-recommends",
    ...missing,
  ]);
}

const task = process.argv[2] ?? "build";
if (!(task in NEEDS)) {
  console.error(`usage: node tools/ready.mjs ${Object.keys(NEEDS).join("|")}`);
  process.exit(1);
}
nodeModules();
debianPackages(NEEDS[task]);
