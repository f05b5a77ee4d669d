/** Lines have the colour of where they lead; with more targets than colours they repeat. Told apart by eye on white and on black. */
const HUES = ["#2f6fd0", "#c2570c", "#0f8a6c", "#a83aa8", "#8a7a10", "#d03a5e", "#4a7d1f", "#6a5ad0"] as const;

export const HUE_COUNT = HUES.length;

interface Theme {
  readonly paper: string;
  readonly box: string;
  readonly edge: string;
  readonly ink: string;
  readonly muted: string;
  readonly up: string;
  readonly held: string;
  readonly down: string;
}

const LIGHT: Theme = {
  paper: "#ffffff",
  box: "#f6f8fa",
  edge: "#8c959f",
  ink: "#1f2328",
  muted: "#57606a",
  up: "#1a7f37",
  held: "#9a6700",
  down: "#cf222e",
};

const DARK: Theme = {
  paper: "#0d1117",
  box: "#161b22",
  edge: "#6e7681",
  ink: "#e6edf3",
  muted: "#9da7b1",
  up: "#3fb950",
  held: "#d29922",
  down: "#ff7b72",
};

/** Nothing depends on colour: on paper everything is black. */
const PAPER: Theme = {
  paper: "#ffffff",
  box: "#ffffff",
  edge: "#000000",
  ink: "#000000",
  muted: "#333333",
  up: "#000000",
  held: "#000000",
  down: "#000000",
};

/** The style sheet: light, and dark or black on white where the reader's screen or printer asks for it. */
export function styleSheet(): string {
  const hues = HUES.map((hue, i) => `.pr .h${i}{stroke:${hue}}.pr .f${i}{fill:${hue}}`).join("\n");
  const black = `.pr [class*=" h"]{stroke:#000}.pr [class*="tip f"]{fill:#000}`;
  return [
    ".pr text{font-family:'DejaVu Sans','Liberation Sans',Arial,Helvetica,sans-serif}",
    ".pr .b{font-weight:bold}",
    ".pr .link{fill:none;stroke-width:2}",
    ".pr .standby{stroke-width:1.4;stroke-dasharray:7 4}",
    ".pr .off{stroke-width:1.4;stroke-dasharray:1.5 4.5}",
    ".pr .box{stroke-width:1.2}",
    ".pr .dashed{stroke-dasharray:5 3}",
    ".pr .sign{stroke-width:1.6}",
    hues,
    ".pr .plain{stroke:#7a828c}.pr .tipplain{fill:#7a828c}",
    rules(LIGHT),
    `@media (prefers-color-scheme:dark){${rules(DARK)}}`,
    `@media print{${rules(PAPER)}${black}.pr .plain{stroke:#000}.pr .tipplain{fill:#000}}`,
  ].join("\n");
}

function rules({ paper, box, edge, ink, muted, up, held, down }: Theme): string {
  return [
    `.pr .paper{fill:${paper}}`,
    `.pr .box{fill:${box};stroke:${edge}}`,
    `.pr .ink{fill:${ink}}`,
    `.pr .muted{fill:${muted}}`,
    ...Object.entries({ up, held, down, disabled: muted }).map(
      ([state, colour]) =>
        `.pr .${state}{stroke:${colour}}.pr .full.${state}{fill:${colour}}.pr .word.${state}{fill:${colour};stroke:none}`,
    ),
  ].join("");
}
