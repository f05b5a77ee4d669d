/** What the client of the matrix is asked to send. Rates: per second. */
export type Flow =
  | {
      readonly name: string;
      readonly kind: "new";
      readonly to: string;
      readonly port: number;
      readonly sources: readonly string[];
      readonly rate: number;
    }
  | {
      readonly name: string;
      readonly kind: "established";
      readonly to: string;
      readonly port: number;
      readonly sources: readonly string[];
      readonly count: number;
    }
  | {
      readonly name: string;
      readonly kind: "datagrams";
      readonly to: string;
      readonly port: number;
      readonly source: string;
      readonly rate: number;
    };

/** One question and its answer. Times: milliseconds since 1970. */
export interface Exchange {
  readonly from: number;
  /** When the answer was there, or when it was given up. */
  readonly to: number;
  readonly by?: string;
  readonly source?: string;
  readonly error?: string;
}

/** One connection that lives through the event. */
export interface Connection {
  /** The client's port. */
  readonly port: number;
  /** Opening it, then every question. The last one has an error when the connection did not survive. */
  readonly exchanges: readonly Exchange[];
  /** Segments the client's kernel sent again, as it counts them. */
  readonly repeated: number;
}

export interface Sent {
  readonly news: Readonly<Record<string, readonly Exchange[]>>;
  readonly connections: Readonly<Record<string, readonly Connection[]>>;
  /** Flow -> when each number was sent. */
  readonly datagrams: Readonly<Record<string, readonly number[]>>;
}

/** Milliseconds. A SYN that is lost is sent again after one second: what takes longer than this has lost a packet. */
export const CONNECT_TIMEOUT = 1000;
/** Milliseconds. A segment is sent again after 0.2, 0.6, 1.4 and 3 seconds: a line that was gone for 2 s has come back by then. */
export const EXCHANGE_TIMEOUT = 3500;
