import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
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
  return (readdirSync(below, { recursive: true }) as string[]).filter((path) => statSync(join(below, path)).isFile()).sort();
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

  it("is the same, byte for byte, when it is built again", () => {
    const before = sum(debFile);
    must([process.execPath, join(top, "tools/deb.mjs")]);
    expect(sum(debFile)).toBe(before);
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

  it("asks for the licence texts of what is bundled", () => {
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

  it("has shell scripts that dash reads", () => {
    const scripts = [control, root].flatMap((below) =>
      files(below)
        .map((path) => join(below, path))
        .filter((path) => readFileSync(path, "latin1").startsWith("#!/bin/sh") || path.includes("hooks.d/")),
    );
    expect(scripts.length).toBeGreaterThan(8);
    for (const script of scripts) must(["dash", "-n", script]);
  });

  it("has units that systemd accepts", () => {
    const units = files(root).filter((path) => path.endsWith(".service"));
    expect(units.map((path) => path.replace(/^.*\//, ""))).toEqual(["policy-route-boot.service", "policy-route-load.service"]);
    // The program of ExecStart= is not installed on the machine that tests: that one line is no error here.
    const said = must([
      "sh",
      "-c",
      'systemd-analyze verify --man=no --recursive-errors=no "$@" 2>&1 || true',
      "sh",
      ...units.map((path) => join(root, path)),
    ]);
    expect(
      said.split("\n").filter((line) => line !== "" && !/Command \/usr\/sbin\/policy-route is not executable/.test(line)),
    ).toEqual([]);
  });
});
