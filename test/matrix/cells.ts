import { NEIGHBOURS } from "../support/neighbours/rows.ts";
import { BACKENDS } from "./backends.ts";
import { explain, PARTS } from "./promise.ts";
import { eventsOf, runRow } from "./run-matrix.ts";

// Some cells alone, for who works on them: node tools/run.mjs test/matrix/cells.ts ROW BACKEND EVENT (regular expressions)
const [rowPattern = "", backendPattern = "", eventPattern = ""] = process.argv.slice(2);
for (const row of NEIGHBOURS.filter(({ name }) => new RegExp(rowPattern).test(name))) {
  for (const backend of [...BACKENDS, undefined].filter((one) => new RegExp(backendPattern).test(one?.name ?? "without us"))) {
    const events = eventsOf(row, backend).filter(({ name }) => new RegExp(eventPattern).test(name));
    await runRow(row, backend, events, ({ event, cell }) => {
      if (cell instanceof Error) return console.log(row.name, "|", backend?.name, "|", event.name, cell);
      const counts = PARTS.flatMap((part) =>
        part === "program"
          ? []
          : [`${part} ${cell[part]?.wrong ?? "-"} (+${cell[part]?.excused ?? 0}) of ${cell[part]?.of ?? 0}`],
      );
      console.log(row.name, "|", backend?.name, "|", event.name, "|", counts.join(", "));
      console.log(explain(cell));
    });
  }
}
