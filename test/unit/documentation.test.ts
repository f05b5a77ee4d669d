import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { top } from "./node-defs/definitions.ts";
import { helpOf } from "./node-defs/told.ts";

const read = (path: string): string => readFileSync(join(top, path), "utf8");

const PAGES = [
  ...["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"],
  ...readdirSync(join(top, "docs")).flatMap((name) => (name.endsWith(".md") ? [`docs/${name}`] : [])),
  ...readdirSync(join(top, "docs/adr")).map((name) => `docs/adr/${name}`),
  ...readdirSync(join(top, "examples")).map((name) => `examples/${name}/README.md`),
];

test("every command and every option is in the manual page, every command in the documentation", async () => {
  const page = read("debian/policy-route.8").replaceAll("\\-", "-");
  const documentation = PAGES.map(read).join("\n");
  const list = (await helpOf(["--help"])).split("Commands:\n")[1] ?? "";
  const commands = [...list.matchAll(/^ {2}([a-z-]+)/gm)].map(([, name = ""]) => name).filter((name) => name !== "help");
  expect(commands.length).toBeGreaterThan(10);
  for (const command of commands) {
    expect(new RegExp(`^\\.BR?\\b.*\\b${command}\\b`, "m").test(page), command).toBe(true);
    expect(new RegExp(`(policy-route |\`|\\| )${command}\\b`).test(documentation), command).toBe(true);
    for (const [, option = ""] of (await helpOf([command, "--help"])).matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm))
      expect(page.includes(option), `${command} ${option}`).toBe(true);
  }
});

/** Names that GitHub gives to headings. */
function anchors(page: string): string[] {
  const headings = [...page.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) => heading);
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, "")
      .replaceAll(" ", "-"),
  );
}

test.each(PAGES)("every link of %s leads somewhere", (page) => {
  const text = read(page).replace(/```[\s\S]*?```/g, "");
  const broken = [...text.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = ""]) => {
    if (/^https?:/.test(target)) return [];
    const [path = "", anchor] = target.split("#");
    const file = path === "" ? page : join(dirname(page), path);
    if (!existsSync(join(top, file))) return [target];
    return anchor === undefined || anchors(read(file)).includes(anchor) ? [] : [target];
  });
  expect(broken).toEqual([]);
});

test("every example is a recipe of the guide", () => {
  const guide = read("docs/guide.md");
  expect(readdirSync(join(top, "examples")).filter((name) => !guide.includes(`(../examples/${name})`))).toEqual([]);
});
