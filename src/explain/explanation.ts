import type { Step } from "./decide.ts";
import type { End } from "./follow.ts";
import type { Packet } from "./packet.ts";

/**
 * The way of one packet, as plain JSON: the text form is made from this and nothing else. `version` goes up when a field changes
 * its meaning or goes away. docs/explain.md describes it.
 */
export interface Explanation {
  readonly version: 1;
  readonly packet: Packet;
  /** Whether ip rules and tables could be read; if not, there are none in `marked`. */
  readonly kernelRead: boolean;
  /** What was taken for granted because it was not given. */
  readonly assumed: readonly string[];
  /** What was asked, in order, up to what decided. */
  readonly steps: readonly Step[];
  /** `rule 10`, `exempt`, `connected`, `track-inbound`, `own address`; absent when nothing took it. */
  readonly decidedBy?: string;
  /** `uplink dsl`, `group web`, `table 50`, `main`, `drop`, `prohibit`, `router`. */
  readonly target: string;
  /** By a mark, one for each way that chance may choose. Absent when the packet is not marked. */
  readonly marked: readonly Marked[];
  /** Of packets that leave by an uplink: `masquerade`, an address, or absent. */
  readonly sourceNat?: string;
  readonly end: End;
  /** Interfaces it may leave by; empty when it does not leave, or by main's choice. */
  readonly leaves: readonly { readonly uplink: string; readonly interface: string; readonly gateway?: string }[];
  /** Of a connection that comes in: where its answers leave. */
  readonly replies?: { readonly end: End; readonly by: string };
  readonly ifFails: readonly Failing[];
  readonly kernel?: KernelOpinion;
  readonly connection?: TrackedConnection;
  readonly hints: readonly string[];
}

/** A mark and what it leads to. Numbers of marks are hexadecimal text, eight digits. */
export interface Marked {
  /** `uplink dsl`, `member web dsl`. */
  readonly owner: string;
  readonly slot: number;
  readonly value: string;
  readonly mask: string;
  readonly table: { readonly id: number; readonly name: string };
  /** Preference of the ip rule; absent when the kernel has none, or could not be asked. */
  readonly preference?: number;
  /** The default route that the kernel would take there, in words. */
  readonly route?: string;
}

/** What would happen if a line failed. */
export interface Failing {
  readonly uplink: string;
  readonly end: End;
  /** In words, where no other line of the rule's takes it over: `if-down main`. */
  readonly why?: string;
}

/** What the kernel says to the same packet. */
export interface KernelOpinion {
  readonly agrees: boolean;
  /** One look-up for each mark, and one without for main. */
  readonly asked: readonly { readonly command: string; readonly answer: string }[];
  /** Main's way for this packet, in words; absent when an ip rule gives it to another table. */
  readonly main?: string;
  /** Who installed that route: `BGP`, `static`; absent when the kernel or somebody by hand did. */
  readonly mainBy?: string;
  /** What does not agree, in words. */
  readonly disagreements: readonly string[];
}

/** A connection of the same ends that is tracked now. It keeps its way, whatever the rules say by now. */
export interface TrackedConnection {
  /** `tcp 192.168.1.7:1024 -> 203.0.113.9:443`. */
  readonly text: string;
  readonly mark: string;
  /** Whose slot it has: `member web dsl`, `main`; absent: it is not steered. */
  readonly owner?: string;
  /** It came in by that uplink: its answers leave there. */
  readonly cameIn: boolean;
  readonly agrees: boolean;
}
