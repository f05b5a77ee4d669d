import { createInterface } from "node:readline";
import { labFile } from "../lab-file.ts";
import type { Namespace } from "../namespace.ts";

/** A packet that arrives by the far end of a wire (frames of a fragmented one in order), or that a program of the router sends. */
export type Sent =
  | { readonly dev: string; readonly frames: readonly string[] }
  | { readonly uid: number; readonly gid: number; readonly from: string; readonly to: string; readonly packet: string };

/** Frames that came out of the router, in hexadecimal: [far end, frame]. */
export type Seen = readonly (readonly [string, string])[];

/** Sends packets into the router and sees where they come out. */
export interface Wire {
  /** Waits for the packets with these markers, up to five seconds. */
  send(packets: readonly Sent[], expect: readonly number[]): Promise<Seen>;
}

export function openWire(router: Namespace, devices: readonly string[]): Wire {
  const child = router.start(["python3", "-u", labFile("test/support/second-opinion/wire.py"), ...devices]);
  let answer: ((line: string) => void) | undefined;
  let failed: ((error: Error) => void) | undefined;
  child.once("exit", (code) => failed?.(new Error(`wire.py ended with ${code}`)));
  createInterface({ input: child.stdout as NonNullable<typeof child.stdout> }).on("line", (line) => answer?.(line));
  return {
    send: (packets, expect) =>
      new Promise((resolve, reject) => {
        answer = (line) => resolve((JSON.parse(line) as { seen: Seen }).seen);
        failed = reject;
        child.stdin?.write(`${JSON.stringify({ send: packets, expect })}\n`);
      }),
  };
}
