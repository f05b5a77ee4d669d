import type { View } from "../../../src/watch/format-screen.ts";
import { pictures } from "../diagram/pictures.ts";

const at = (second: number): number => new Date(2026, 10, 20, 11, 40, second, 113).getTime();

/** A busy moment of the router of docs/diagram.md. */
export function busyView(): View {
  const shown = pictures().get("everything");
  if (shown === undefined) throw new Error("no such picture");
  return {
    shown,
    links: new Map([
      ["eth1", { inBytes: 11_234_567, inPackets: 8123, outBytes: 934_567, outPackets: 4011.4 }],
      ["pppoe0", { inBytes: 812, inPackets: 1.4, outBytes: 0, outPackets: 0 }],
    ]),
    rules: new Map([
      ["10", 41.2],
      ["20", 0.3],
      ["30", 0],
    ]),
    events: [
      { at: at(2), uplink: "lte", kind: "down", text: "no carrier" },
      { at: at(3), uplink: "dsl", group: "web", kind: "group", text: "fibre -> dsl" },
      { at: at(9), uplink: "fibre", group: "web", kind: "group", text: "dsl -> fibre" },
    ],
    notes: [],
    clock: "11:42:10",
  };
}
