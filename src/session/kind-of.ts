import type { Kind } from "../config/fields.ts";
import type { KindOf } from "../config/render-tree.ts";
import type { NodeTemplate } from "./node-template.ts";
import { placeOf } from "./place.ts";

/** The kinds of nodes as the templates have them, for the renderers of config/. */
export function kindsOf(root: NodeTemplate): KindOf {
  return (path): Kind | undefined => {
    const place = placeOf(root, path);
    if (place === undefined || place.isValue) return undefined;
    const { kind, children } = place.template;
    return kind === "node" && children.size === 0 ? "flag" : kind;
  };
}
