/**
 * A mark after a rule, from packet mark and connection mark before it: bit by bit `(packet AND packetBits) XOR (connection AND
 * connectionBits) XOR flip`. All of MARK's and CONNMARK's changes are of this form (xt_mark.c, xt_connmark.c).
 */
export interface Register {
  readonly packetBits: number;
  readonly connectionBits: number;
  readonly flip: number;
}

/** What a rule does to both marks. */
export interface MarkChange {
  readonly packet: Register;
  readonly connection: Register;
}

const ALL = 0xffffffff;
export const KEEP_PACKET: Register = { packetBits: ALL, connectionBits: 0, flip: 0 };
export const KEEP_CONNECTION: Register = { packetBits: 0, connectionBits: ALL, flip: 0 };
export const NO_CHANGE: MarkChange = { packet: KEEP_PACKET, connection: KEEP_CONNECTION };

/** `--set-xmark value/mask`: clears the bits of the mask and flips those of the value. */
export function xmark(own: "packet" | "connection", value: number, mask: number): Register {
  const kept = ~mask >>> 0;
  return own === "packet"
    ? { packetBits: kept, connectionBits: 0, flip: value }
    : { packetBits: 0, connectionBits: kept, flip: value };
}

/** `register` asked after `before` has happened. */
export function after({ packetBits, connectionBits, flip }: Register, before: MarkChange): Register {
  const through = (pick: keyof Register): number =>
    ((packetBits & before.packet[pick]) ^ (connectionBits & before.connection[pick])) >>> 0;
  return {
    packetBits: through("packetBits"),
    connectionBits: through("connectionBits"),
    flip: (through("flip") ^ flip) >>> 0,
  };
}

/** First one change, then the other. */
export function inTurn(first: MarkChange, second: MarkChange): MarkChange {
  return { packet: after(second.packet, first), connection: after(second.connection, first) };
}

export function sameChange(a: MarkChange, b: MarkChange): boolean {
  return sameRegister(a.packet, b.packet) && sameRegister(a.connection, b.connection);
}

export function sameRegister(a: Register, b: Register): boolean {
  return a.packetBits === b.packetBits && a.connectionBits === b.connectionBits && a.flip === b.flip;
}

/** Whether one of the marks has (or, negated, has not) a value under a mask, said of the marks at some moment. */
export interface MarkTest {
  readonly register: Register;
  readonly value: number;
  readonly mask: number;
  readonly negate: boolean;
}

/** True or false when the marks before do not matter, `undefined` when they do. */
export function answer({ register, value, mask, negate }: MarkTest): boolean | undefined {
  const { packetBits, connectionBits, flip } = register;
  if (((packetBits | connectionBits) & mask) !== 0) return undefined;
  return ((flip & mask) >>> 0 === value) !== negate;
}

/** The test for the first packet of a connection, where both marks are 0. */
export function answerAtFirst({ register, value, mask, negate }: MarkTest): boolean {
  return ((register.flip & mask) >>> 0 === value) !== negate;
}
