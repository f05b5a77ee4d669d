import { readFileSync } from "node:fs";
import { programWith } from "./open.ts";

/** A small language with every kind of node; `end` is the shell text of the component's end action. */
export function smallProgram(end: string, more: Readonly<Record<string, string>> = {}): string {
  return programWith({
    "config/policy-route": `priority: 910\nhelp: Policy routing\nend: ${end}\n`,
    "config/policy-route/backend":
      'type: txt\nhelp: Backend\ndefault: "auto"\nsyntax:expression: $VAR(@) in "auto", "nftables"; "auto or nftables"\n',
    "config/policy-route/disable": "help: Off\n",
    "config/policy-route/exempt": "multi: 3\ntype: ipv4net\nhelp: Exempt\n",
    "config/policy-route/rule": 'tag: 4\ntype: u32\nhelp: Rule\nsyntax:expression: $VAR(@) >= 1 && $VAR(@) <= 9999; "1-9999"\n',
    "config/policy-route/rule/node.tag/protocol": "type: txt\nhelp: Protocol\n",
    "config/policy-route/rule/node.tag/log": 'type: txt\nhelp: Log\ndefault: "off"\n',
    "config/policy-route/rule/node.tag/source": "help: Source\n",
    "config/policy-route/rule/node.tag/source/address": "multi:\ntype: txt\nhelp: Address\n",
    "config/policy-route/rule/node.tag/source/port": "type: u32\nhelp: Port\n",
    ...more,
  });
}

/** An end action that appends what it was told to a file and fails while a second file is there. */
export function recordingEnd(folder: string): string {
  return (
    `{ echo "action $COMMIT_ACTION"; cat "$VYATTA_POLICY_ROUTE_SESSION/active.config"; echo ---; ` +
    `cat "$VYATTA_POLICY_ROUTE_SESSION/proposed.config"; } >>${folder}/log\n` +
    `  if [ -e ${folder}/refuse ]; then echo "could not apply: bad thing" >&2; exit 1; fi`
  );
}

export function recorded(folder: string): string {
  return readFileSync(`${folder}/log`, "utf8");
}
