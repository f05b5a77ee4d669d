/** How a thing is. Each is a shape of its own in the picture, so that it is seen in black and white too. */
export type Mark = "up" | "held" | "down" | "disabled";

/** `now`: packets go here at this moment. `standby`: they will when something fails. `off`: they cannot. */
export type LinkKind = "now" | "standby" | "off";

/** One line of text in a box. */
export interface Row {
  readonly mark?: Mark;
  /** Stands right-aligned in a narrow column before the text. */
  readonly number?: string;
  readonly text: string;
  readonly face: "head" | "text" | "small";
  readonly right?: string;
}

/** Columns of the picture, from left to right. */
export type Layer = 0 | 1 | 2 | 3;

export interface Box {
  readonly id: string;
  readonly layer: Layer;
  readonly shape: "rules" | "group" | "uplink" | "gateway" | "end";
  /** One of many: less room between its lines. */
  readonly dense?: boolean;
  /** What is not in use has a dashed border. */
  readonly dashed: boolean;
  readonly rows: readonly Row[];
  /** Everything about it in full, for who points at it. */
  readonly title: string;
}

/** A line from a row of a box, or from its middle, to another in a layer further right. */
export interface Link {
  readonly from: string;
  readonly row?: number;
  readonly to: string;
  readonly kind: LinkKind;
}

/** What is drawn, before it has places. */
export interface Picture {
  readonly boxes: readonly Box[];
  readonly links: readonly Link[];
  /** Sentences for below the picture. */
  readonly notes: readonly string[];
}
