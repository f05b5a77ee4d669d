/** A packet or connection mark with the mask that says which bits count. Never a bare number: other users own the other bits. */
export interface Fwmark {
  readonly value: number;
  readonly mask: number;
}

/** 32-bit unsigned hex of fixed width, as iptables and this project's documents write marks. */
export function hex32(value: number): string {
  return `0x${(value >>> 0).toString(16).padStart(8, "0")}`;
}

/** `0x00200000/0x0ff00000` */
export function formatFwmark(mark: Fwmark): string {
  return `${hex32(mark.value)}/${hex32(mark.mask)}`;
}
