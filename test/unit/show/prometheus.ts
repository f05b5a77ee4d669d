/** A sample as Prometheus reads it. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*/;
const LABEL = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"/;

/**
 * Reads the text format 0.0.4 strictly, and what `promtool check metrics` complains of: HELP and TYPE once and in front, all
 * samples of a metric together, no sample twice, counters called _total and nothing else.
 */
export function readMetrics(text: string): Sample[] {
  if (!text.endsWith("\n")) throw new Error("the last line has no line feed");
  const samples: Sample[] = [];
  const seen = new Set<string>();
  let current: { name: string; help: boolean; type?: string } | undefined;
  for (const line of text.slice(0, -1).split("\n")) {
    const comment = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line);
    if (comment !== null) {
      const [, what, name = "", rest = ""] = comment;
      if (what === "HELP") {
        if (seen.has(name)) throw new Error(`${name} comes twice`);
        seen.add(name);
        current = { name, help: true };
      } else {
        if (current?.name !== name || current.type !== undefined) throw new Error(`TYPE of ${name} is out of place`);
        if (!/^(counter|gauge)$/.test(rest)) throw new Error(`${name} is a ${rest}`);
        if ((rest === "counter") !== name.endsWith("_total")) throw new Error(`${name} is a ${rest}`);
        current.type = rest;
      }
      continue;
    }
    const sample = readSample(line);
    if (current?.type === undefined || sample.name !== current.name) throw new Error(`${line}: out of place`);
    const key = JSON.stringify([sample.name, Object.entries(sample.labels).sort()]);
    if (seen.has(key)) throw new Error(`${line}: twice`);
    seen.add(key);
    samples.push(sample);
  }
  return samples;
}

function readSample(line: string): Sample {
  const name = NAME.exec(line)?.[0];
  if (name === undefined) throw new Error(`${line}: no name`);
  let rest = line.slice(name.length);
  const labels: Record<string, string> = {};
  if (rest.startsWith("{")) {
    rest = rest.slice(1);
    for (let first = true; !rest.startsWith("}"); first = false) {
      if (!first && !rest.startsWith(",")) throw new Error(`${line}: no comma`);
      if (!first) rest = rest.slice(1);
      const label = LABEL.exec(rest);
      if (label === null) throw new Error(`${line}: no label`);
      const [whole, key = "", value = ""] = label;
      if (key in labels) throw new Error(`${line}: label twice`);
      labels[key] = value.replace(/\\(.)/g, (_, one: string) => (one === "n" ? "\n" : one));
      rest = rest.slice(whole.length);
    }
    rest = rest.slice(1);
  }
  if (!/^ -?\d+(\.\d+)?(e[+-]?\d+)?$/.test(rest)) throw new Error(`${line}: no number`);
  return { name, labels, value: Number(rest) };
}
