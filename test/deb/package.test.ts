import { createHash } from "node:crypto";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { must } from "./chroot.ts";
import { debFile, top, version } from "./deb-file.ts";

let folder: string;
let root: string;
let control: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "policy-route-package-"));
  root = join(folder, "root");
  control = join(folder, "control");
  must(["dpkg-deb", "--extract", debFile, root]);
  must(["dpkg-deb", "--control", debFile, control]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Paths of all files below a folder, relative to it. */
function files(below: string): string[] {
  if (!existsSync(below)) return [];
  return (readdirSync(below, { recursive: true }) as string[]).filter((path) => lstatSync(join(below, path)).isFile()).sort();
}

function sum(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}

describe("what the package is", () => {
  it("has the version of package.json, in debian/changelog too", () => {
    expect(must(["dpkg-deb", "--field", debFile, "Version"]).trim()).toBe(version);
    expect(must(["dpkg-parsechangelog", "--file", join(top, "debian/changelog"), "--show-field", "Version"]).trim()).toBe(
      version,
    );
  });

  it("is for every architecture and names what it needs", () => {
    const fields = must(["dpkg-deb", "--field", debFile, "Architecture", "Depends", "Recommends"]);
    expect(fields).toMatch(/^Architecture: all$/m);
    for (const needed of ["nodejs (>= 18)", "iproute2", "iptables", "util-linux"])
      expect(/^Depends: .*$/m.exec(fields)?.[0]).toContain(needed);
    for (const wanted of ["nftables", "ipset", "conntrack", "iputils-ping", "iputils-arping"])
      expect(/^Recommends: .*$/m.exec(fields)?.[0]).toContain(wanted);
  });

  it("is clean for lintian, with one override", () => {
    must(["lintian", "--allow-root", "--fail-on", "error,warning", debFile]);
    const overrides = readFileSync(join(root, "usr/share/lintian/overrides/vyatta-policy-route"), "utf8");
    expect(overrides.match(/^[^#].*$/gm)).toEqual(["vyatta-policy-route: dir-or-file-in-opt"]);
  });

  it("is the same, byte for byte, when it is built again by somebody with another umask", () => {
    const sums = ["077", "022"].map((umask) => {
      // Not in dist/: other tests run the program from there meanwhile.
      const again = join(folder, `umask-${umask}`);
      must(["sh", "-c", 'umask "$1" && exec "$2" "$3" "$4"', "sh", umask, process.execPath, join(top, "tools/deb.mjs"), again]);
      return sum(join(again, basename(debFile)));
    });
    expect(sums[1]).toBe(sums[0]);
  });
});

describe("what is in it", () => {
  it("has no node_modules and no path of the machine that built it", () => {
    const all = files(root);
    expect(all.filter((path) => path.includes("node_modules"))).toEqual([]);
    const named = all.filter((path) =>
      [top, tmpdir() + "/policy-route"].some((place) => readFileSync(join(root, path)).includes(place)),
    );
    expect(named).toEqual([]);
  });

  it.each([
    ["config/policy-route", "opt/vyatta/share/vyatta-cfg/templates/policy-route"],
    ["op", "opt/vyatta/share/vyatta-op/templates"],
    ["", "usr/lib/policy-route/templates"],
  ])("has every file of templates/%s under /%s", (from, to) => {
    const expected = files(join(top, "templates", from));
    expect(expected.length).toBeGreaterThan(3);
    expect(files(join(root, to))).toEqual(expected);
    expect(expected.filter((path) => sum(join(root, to, path)) !== sum(join(top, "templates", from, path)))).toEqual([]);
  });

  it("leaves the templates of the router's own packages alone", () => {
    const foreign = files(join(root, "opt")).filter(
      (path) => !/^vyatta\/share\/vyatta-(cfg\/templates|op\/templates\/[a-z]+)\/policy-route\//.test(path),
    );
    expect(foreign).toEqual([]);
  });

  it("names in the templates only programs that it brings", () => {
    const places = files(join(root, "opt")).flatMap(
      (path) => readFileSync(join(root, "opt", path), "utf8").match(/\/usr\/(?:lib|sbin)\/[\w./-]*policy-route[\w./-]*/g) ?? [],
    );
    expect(places.length).toBeGreaterThan(0);
    for (const place of new Set(places)) expect(statSync(join(root, place)).mode & 0o111, place).not.toBe(0);
  });

  it("has the licence texts of what is bundled", () => {
    const texts = must(["zcat", join(root, "usr/share/doc/vyatta-policy-route/bundled-packages.txt.gz")]);
    for (const name of Object.keys(JSON.parse(readFileSync(join(top, "package.json"), "utf8")).dependencies))
      expect(texts).toMatch(new RegExp(`^${name} \\d`, "m"));
  });

  it("has a manual page that man reads without complaint", () => {
    const page = join(root, "usr/share/man/man8/policy-route.8.gz");
    const shown = must(["sh", "-c", 'MANROFFSEQ= MANWIDTH=80 man --warnings -E UTF-8 -l "$1" 2>&1', "sh", page]);
    expect(shown).not.toMatch(/warning/);
    for (const word of ["NAME", "configure", "commit", "uninstall"]) expect(shown).toContain(word);
  });

  it("has a completion that bash reads", () => {
    const completion = join(root, "usr/share/bash-completion/completions/policy-route");
    expect(must(["bash", "-c", 'source "$1" && complete -p policy-route', "bash", completion])).toContain("_policy_route");
  });

  it("has shell scripts that dash reads", () => {
    const scripts = [control, root].flatMap((below) =>
      files(below)
        .map((path) => join(below, path))
        .filter((path) => readFileSync(path, "latin1").startsWith("#!/bin/sh") || path.includes("hooks.d/")),
    );
    expect(scripts.length).toBeGreaterThan(8);
    for (const script of scripts) must(["dash", "-n", script]);
  });

  it("has units that systemd accepts, without an ordering cycle where cloud-init or a router comes after them", () => {
    const units = join(folder, "units");
    const wants = join(units, "multi-user.target.wants");
    mkdirSync(wants, { recursive: true });
    const names = files(root).filter((path) => path.endsWith(".service"));
    expect(names.map((path) => basename(path))).toEqual([
      "policy-route-boot.service",
      "policy-route-load.service",
      "policy-route-monitor.service",
    ]);
    const early = "DefaultDependencies=no\nBefore=network.target network-online.target";
    const written: Record<string, string> = {
      "networking.service": `[Unit]\n${early}\nAfter=local-fs.target network-pre.target\n`,
      "cloud-init.service": "[Unit]\nDefaultDependencies=no\nAfter=networking.service\nBefore=sysinit.target\n",
      "vyos-router.service": "[Unit]\nAfter=time-sync.target local-fs.target cloud-config.service\n",
    };
    for (const [name, unit] of Object.entries(written))
      writeFileSync(join(units, name), `${unit}[Service]\nType=oneshot\nExecStart=/bin/true\n`);
    // The program is not installed on the machine that tests.
    for (const path of names)
      writeFileSync(
        join(units, basename(path)),
        readFileSync(join(root, path), "utf8").replace("/usr/sbin/policy-route", "/bin/true"),
      );
    for (const name of [...Object.keys(written), ...names.map((path) => basename(path))])
      symlinkSync(join("..", name), join(wants, name));
    must(["systemd-analyze", "--version"]);
    const said = must([
      "sh",
      "-c",
      'SYSTEMD_UNIT_PATH="$1": systemd-analyze verify --man=no multi-user.target 2>&1 || true',
      "sh",
      units,
    ]);
    expect(said.match(/^.*(cycle|policy-route).*$/gm)).toBe(null);
  });
});
