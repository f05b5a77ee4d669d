import { afterAll, beforeAll, describe } from "vitest";
import { exampleLines } from "./example.ts";
import { FRONT_ENDS, type FrontEnd } from "./front-end.ts";
import { type Lab, type LabOptions, startLab } from "./lab.ts";

/** The same tests in three labs: with each front end of iptables, and with nftables. `lab` is there from the first hook or test on. */
export function describeLab(title: string, tests: (lab: () => Lab, frontEnd: FrontEnd) => void, options: LabOptions = {}): void {
  describe.each(FRONT_ENDS)(`${title} (%s)`, (frontEnd) => {
    let lab: Lab | undefined;
    beforeAll(async () => {
      lab = await startLab({ prefixes: 20, frontEnd, ...options });
    }, 60_000);
    afterAll(() => lab?.stop());
    tests(() => {
      if (lab === undefined) throw new Error("the lab did not start");
      return lab;
    }, frontEnd);
  });
}

/** The first document's router (examples/000-dsl-beside-bgp) as it is shipped, with one more port that the packet tests use. */
export const DSL: readonly string[] = exampleLines("000-dsl-beside-bgp").map(
  (line) => `set policy-route ${line.replace(/(?<=destination port ).*/, "$&,8088")}`,
);

/** UDP port 5000 of the LAN by DSL, both families: what streams measure. */
export const STREAMED: readonly string[] = [
  "set policy-route uplink dsl gateway6 2001:db8:51::1",
  "set policy-route rule 20 inbound-interface eth0",
  "set policy-route rule 20 protocol udp",
  "set policy-route rule 20 destination port 5000",
  "set policy-route rule 20 set uplink dsl",
];
