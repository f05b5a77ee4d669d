import { formatFields, formatTable, WIDTH } from "./columns.ts";
import type { ShownGroup, ShownMember } from "./model.ts";
import { IF_DOWN, tableWords, waysWords, wayWords } from "./words.ts";

export function formatGroupList(groups: readonly ShownGroup[], width = WIDTH): string {
  const columns = [
    { title: "Group" },
    { title: "Mode" },
    { title: "Active" },
    { title: "Members", flexible: true },
    { title: "If down" },
  ];
  const rows = groups.map((group) => [
    group.name,
    group.mode,
    group.state === "disabled" ? "disabled" : waysWords(group.now),
    group.members.length === 0 ? "none" : group.members.map((member) => memberCell(group, member)).join(" "),
    group.ifDown,
  ]);
  return formatTable(columns, rows, width);
}

/** `dsl(10)`, `lte(20,down)`: what orders or shares the members, and what is not as it should be. */
function memberCell({ mode }: ShownGroup, member: ShownMember): string {
  const number = mode === "balance" ? member.weight : member.priority;
  return `${member.uplink}(${number}${member.state === "up" ? "" : `,${member.state}`})`;
}

/** Everything about one group. `at`: seconds since the epoch, for how long a member is still held back. */
export function formatGroup(group: ShownGroup, at: number, width?: number): string {
  const { ipv4, ipv6 } = group.now;
  return (
    `Group ${group.name}: ${group.state}\n` +
    formatFields(
      [
        ["Description", group.description],
        ["Mode", group.mode === "balance" ? "balance: connections spread by weight" : "failover: all by the first that is up"],
        ["Now, IPv4", ipv4 === undefined ? undefined : wayWords(ipv4)],
        ["Now, IPv6", ipv6 === undefined ? undefined : wayWords(ipv6)],
        [
          "Members",
          group.members.length === 0 ? "none" : group.members.map((member) => memberLine(group, member, at)).join("\n"),
        ],
        ["Failback", failbackWords(group)],
        ["If down", IF_DOWN[group.ifDown]],
        ["Table", tableWords(group.table)],
        ["Mark", group.mark === undefined ? undefined : `${group.mark.value}/${group.mark.mask} (slot ${group.mark.slot})`],
        ["Rules", group.rules.length === 0 ? "none" : group.rules.join(", ")],
      ],
      width,
    )
  );
}

function memberLine(group: ShownGroup, member: ShownMember, at: number): string {
  const number = group.mode === "balance" ? `weight ${member.weight}` : `priority ${member.priority}`;
  const table = member.table === undefined ? "" : `, table ${tableWords(member.table)}`;
  return `${member.uplink}: ${number}, ${conditionWords(group, member, at)}${table}`;
}

function conditionWords({ name }: ShownGroup, { state, why, heldUntil }: ShownMember, at: number): string {
  if (state !== "held") return why === undefined || state === "disabled" ? state : `${state} (${why})`;
  if (heldUntil !== undefined) return `up, held back for ${Math.max(1, Math.ceil(heldUntil - at))} s`;
  return `up, held back until "force policy-route group ${name} failback"`;
}

function failbackWords({ mode, failback, failbackDelay }: ShownGroup): string {
  const after = failbackDelay === 0 ? "" : `, ${failbackDelay} s after it is up again`;
  if (mode === "balance" && failback === "immediate") return `new-connections${after}`;
  return failback === "manual" ? "manual" : `${failback}${after}`;
}
