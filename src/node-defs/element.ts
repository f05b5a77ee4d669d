import { XMLParser, XMLValidator } from "fast-xml-parser";

/** One XML element. `text` is its character data without white space at the ends, entities resolved; comments are gone. */
export interface Element {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly Element[];
  readonly text: string;
}

type Ordered = Readonly<Record<string, unknown>>;

/** Without parseTagValue and parseAttributeValue off, fast-xml-parser 5 turns priority 0470 into 470. */
const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: "",
  parseTagValue: false,
  parseAttributeValue: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
});

/** The root element of an XML document. Throws an Error that names the line when the text is not well-formed. */
export function parseElement(xml: string): Element {
  const valid = XMLValidator.validate(xml);
  if (valid !== true) throw new Error(`line ${valid.err.line}: ${valid.err.msg}`);
  const root = (parser.parse(xml) as Ordered[]).map(elementOf).find((element) => element !== undefined);
  if (root === undefined) throw new Error("line 1: no element");
  return root;
}

function elementOf(ordered: Ordered): Element | undefined {
  const name = Object.keys(ordered).find((key) => key !== ":@");
  if (name === undefined || name === "#text") return undefined;
  const content = ordered[name] as Ordered[];
  return {
    name,
    attributes: new Map(Object.entries((ordered[":@"] ?? {}) as Record<string, string>)),
    children: content.map(elementOf).filter((child) => child !== undefined),
    text: content
      .map((child) => child["#text"] ?? "")
      .join("")
      .trim(),
  };
}
