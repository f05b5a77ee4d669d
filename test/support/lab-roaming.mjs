// The outside of a VPN: packets of a tun device, handed over as UDP on the loopback, go to the peer; a peer that was not named is
// where packets came from last. As WireGuard it takes no send error for an end.
// Usage: node lab-roaming.mjs ADDRESS PORT OWN-LOOPBACK-PORT TUN-LOOPBACK-PORT [PEER]
import dgram from "node:dgram";

const [own, port, ownPort, tunPort, address] = process.argv.slice(2);
const outer = dgram.createSocket("udp4");
const inner = dgram.createSocket("udp4");
let peer = address === undefined ? undefined : { address, port: Number(port) };
outer.on("message", (packet, from) => {
  peer = from;
  inner.send(packet, Number(tunPort), "127.0.0.1", () => {});
});
inner.on("message", (packet) => {
  if (peer !== undefined) outer.send(packet, peer.port, peer.address, () => {});
});
outer.bind(Number(port), own, () => inner.bind(Number(ownPort), "127.0.0.1", () => process.stdout.write("ready\n")));
