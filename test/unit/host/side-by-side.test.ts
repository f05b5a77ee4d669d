import { describe, expect, it } from "vitest";
import type { Host } from "../../../src/host/host.ts";
import { realHost } from "../../../src/host/real-host.ts";
import { sideBySide } from "../../../src/host/side-by-side.ts";

/** The real host, and what was started alone. */
function watched(): { reader: Host; alone: string[]; together: number[] } {
  const host = realHost({});
  const alone: string[] = [];
  const together: number[] = [];
  const reader = sideBySide({
    ...host,
    run: (argv, options) => {
      alone.push(argv.join(" "));
      return host.run(argv, options);
    },
    runTogether: (looks) => {
      together.push(looks.length);
      return host.runTogether(looks);
    },
  });
  return { reader, alone, together };
}

describe("programs that only read", () => {
  it("are started together when they are asked for in one turn, each with its own input and output", async () => {
    const { reader, alone, together } = watched();
    const big = "x".repeat(100_000);
    const said = await Promise.all([
      reader.run(["cat"], { stdin: big }),
      reader.run(["printf", "%s|", "two words", "$(echo no) `id` \"'; exit 1", "*"]),
      reader.run(["cat"], { stdin: "" }),
    ]);
    expect(said.map(({ stdout }) => stdout)).toEqual([big, "two words|$(echo no) `id` \"'; exit 1|*|", ""]);
    expect(said.map(({ exitCode, stderr }) => [exitCode, stderr])).toEqual([0, 1, 2].map(() => [0, ""]));
    expect({ alone, together }).toEqual({ alone: [], together: [3] });
  });

  it("are run again alone when they fail: code and complaint are their own", async () => {
    const { reader, alone } = watched();
    const [missing, failing, fine] = await Promise.all([
      reader.run(["no-such-program-here"]),
      reader.run(["sh", "-c", "echo half; echo why >&2; exit 3"]),
      reader.run(["echo", "fine"]),
    ]);
    expect(missing).toMatchObject({ exitCode: 127, stderr: expect.stringContaining("not installed") });
    expect(failing).toEqual({ exitCode: 3, stdout: "half\n", stderr: "why\n" });
    expect(fine.stdout).toBe("fine\n");
    expect(alone.length).toBe(2);
  });

  it("are more than a shell has descriptors for", async () => {
    const { reader, together } = watched();
    const said = await Promise.all(Array.from({ length: 15 }, (_, i) => reader.run(["echo", String(i)])));
    expect(said.map(({ stdout }) => Number(stdout))).toEqual(Array.from({ length: 15 }, (_, i) => i));
    expect(together).toEqual([7, 7]);
  });

  it("are run as ever when there is one", async () => {
    const { reader, alone } = watched();
    expect((await reader.run(["echo", "one"])).stdout).toBe("one\n");
    expect(alone).toEqual(["echo one"]);
  });
});
