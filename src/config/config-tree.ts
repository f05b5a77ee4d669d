/**
 * A configuration as the router's engine sees it: words. `set policy-route rule 10 protocol tcp` is the path
 * rule -> 10 -> protocol -> tcp; a value is simply the last word of its path. The tree below `policy-route` is meant, the
 * word `policy-route` itself is not in it. Order of first mention is kept.
 */
export interface ConfigTree {
  readonly children: ReadonlyMap<string, ConfigTree>;
}

export const EMPTY_TREE: ConfigTree = { children: new Map() };
