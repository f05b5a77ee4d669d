import type { ShownTable } from "./model.ts";

const MARKS = { ok: " ", missing: "-", unexpected: "+", foreign: "?" } as const;

const LEGEND = {
  missing: "- should be there and is missing",
  unexpected: "+ should not be there",
  foreign: "? was not put there by policy-route, and is left alone",
} as const;

/** The routes of one table, each marked when it is not as it should be, and what the marks mean. */
export function formatRoutingTable(table: ShownTable): string {
  const head = `Table ${table.name} (${table.id})${table.owner === table.name ? "" : `, ${table.owner}`}\n`;
  if (table.routes === undefined) return `${head}  Only root can compare the routes. They are: ip route show table ${table.id}\n`;
  if (table.routes.length === 0) return `${head}  no routes\n`;
  const lines = table.routes.map((route) => `${MARKS[route.status]} ${route.family}  ${route.text}\n`);
  const legend = (["missing", "unexpected", "foreign"] as const)
    .filter((status) => table.routes?.some((route) => route.status === status))
    .map((status) => `${LEGEND[status]}\n`);
  return [head, ...lines, ...legend].join("");
}
