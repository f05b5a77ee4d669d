import { readFileSync } from "node:fs";
import { FRONT_ENDS } from "../support/front-end.ts";
import { type Lab, startLab } from "../support/lab.ts";
import { labFile } from "../support/lab-file.ts";
import { DSL_GATEWAY, INTERNET } from "../support/lab-map.ts";
import { becomeRoot, stopOnSignals } from "../support/lab-root.ts";
import { ROUTER_ROOT } from "../support/lab-router.ts";
import { LAB_ENV } from "../support/lab-world.ts";

const MAP = `
  lan 192.168.188.10 ---- eth0 +--------+ eth1 ---- dslam --+-- dsl  ${DSL_GATEWAY.dsl} (DHCP)
                               | router | eth2 ---- bgp1    +-- dsl2 ${DSL_GATEWAY.dsl2}
  office 192.168.50.10 -- eth4 +--------+ eth3 ---- bgp2
  "The internet" is ${INTERNET.ipv4} and ${INTERNET.ipv6}, behind every provider.

This shell is on the router: root, its own file system, nothing here changes your machine.
  policy-route configure           the configuration session: "load /root/router.config"
                                   and "commit" make this the first document's router
  policy-route show                what is steered where
  from lan 443   from lan 53 udp   who answers a packet from a host of the lab, and
                                   what source he saw
  on dslam ip link set line down   the DSL line loses its signal (up: it is back)
  on dsl tcpdump -ni eth0          any command on any host: lan office dslam dsl dsl2
                                   bgp1 bgp2
  vtysh                            the router's FRR
Leave with exit or Ctrl-D: everything is gone then. Other packet filters:
npm run lab -- legacy (iptables-legacy), npm run lab -- nftables (no iptables).
`;

/** Words of this lab, for the shell. */
const RC = `
PS1='root@router:\\w# '
on() { ip netns exec "$@"; }
from() {
  local to='${INTERNET.ipv4}'
  if [ "\${3:-tcp}" = udp ]; then on "$1" socat -T1 - "UDP4:$to:$2" <<< '?'; else on "$1" socat -T1 - "TCP4:$to:$2,connect-timeout=2" < /dev/null; fi
  echo
}
`;

becomeRoot();
const words = process.argv.slice(2);
const frontEnd = FRONT_ENDS.find((name) => words.includes(name.replace("iptables-", ""))) ?? "iptables-nft";
let lab: Lab | undefined;
stopOnSignals(async () => lab?.stop());
lab = await startLab({ frontEnd, say: (text) => console.log(`... ${text}`), offer: { renew: 30, rebind: 60, lease: 120 } });
const example = readFileSync(labFile("examples/000-dsl-beside-bgp/router.config"), "utf8");
await lab.must("router", ["sh", "-euc", "cat > /root/.lab-rc"], { stdin: RC });
await lab.must("router", ["sh", "-euc", "cat > /root/router.config"], { stdin: example });
await lab.world.must(undefined, [
  "sh",
  "-euc",
  'mkdir "$1" && mount --rbind /run/netns "$1"',
  "netns",
  `${ROUTER_ROOT}/run/netns`,
]);
console.log(MAP);
const shell = lab.world.start({ netns: "router", root: ROUTER_ROOT }, ["bash", "--rcfile", "/root/.lab-rc", "-i"], {
  stdio: "inherit",
  detached: false,
  env: { ...LAB_ENV, TERM: process.env["TERM"] ?? "dumb" },
});
await new Promise((resolve) => shell.once("exit", resolve));
await lab.stop();
console.log("The lab is gone.");
process.exit(0);
