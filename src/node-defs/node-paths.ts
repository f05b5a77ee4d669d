import type { ConfigKind, ConfigNode } from "./definition.ts";

/** A path of the configuration, `*` for a name or number the operator gives: ["policy-route", "uplink", "*", "gateway"]. */
export interface NodePath {
  readonly path: readonly string[];
  readonly kind: ConfigKind;
  readonly defaultValue: string | undefined;
}

/** Every path the definitions allow, parents before children. The path of a tag node ends with its word, not with `*`. */
export function nodePaths(nodes: readonly ConfigNode[], above: readonly string[] = []): NodePath[] {
  return nodes.flatMap((node) => {
    const path = [...above, node.name];
    const below = node.kind === "tag" ? [...path, "*"] : path;
    return [{ path, kind: node.kind, defaultValue: node.defaultValue }, ...nodePaths(node.children, below)];
  });
}
