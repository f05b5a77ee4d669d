/** A line of help: what can be typed and what it means. */
export interface HelpItem {
  readonly item: string;
  readonly help: string;
}

export const ENTER: HelpItem = { item: "<Enter>", help: "Execute the current command" };

/** `Possible completions:` in the engine's layout: two columns with tab stops, long items on a line of their own. */
export function renderHelp(items: readonly HelpItem[], detail = ""): string {
  const lines = items.map(({ item, help }) => {
    if (help === "") return `  ${item}`;
    const gap = item.length < 6 ? "\t\t" : item.length < 14 ? "\t" : "\n  \t\t";
    return `  ${item}${gap}${help}`;
  });
  const text = ["Possible completions:", ...lines].join("\n");
  return detail === "" ? text : `${text}\n\nDetailed information:\n${detail.replace(/^/gm, "  ")}`;
}

const FORMATS: Readonly<Record<string, string>> = {
  txt: "<text>",
  u32: "<0-4294967295>",
  range: "<start>-<end>",
  ipv4: "<x.x.x.x>",
  ipv6: "<h:h:h:h:h:h:h:h>",
  ipv4net: "<x.x.x.x/x>",
  ipv6net: "<h:h:h:h:h:h:h:h/x>",
  ipv4range: "<x.x.x.x>-<x.x.x.x>",
  ipv6range: "<h:h:h:h:h:h:h:h>-<h:h:h:h:h:h:h:h>",
  bool: "<boolean>",
  macaddr: "<h:h:h:h:h:h>",
};

/** The format of a val_help as the operator sees it: `u32:1-100` is `<1-100>`, `!ipv4` is `!<x.x.x.x>`, `_text` is `text`. */
export function renderFormat(format: string): string {
  if (format.startsWith("!")) return `!${renderFormat(format.slice(1))}`;
  if (format.startsWith("_")) return format.slice(1);
  if (format.startsWith("u32:")) return `<${format.slice(4)}>`;
  return FORMATS[format] ?? format;
}
