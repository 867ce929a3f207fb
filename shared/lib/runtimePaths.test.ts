import { describe, expect, it } from "vitest";
import { dataDirOf } from "./dataDir.ts";
import { runtimeDirs, socketPaths } from "./runtimePaths.ts";

const facts = { platform: "linux", xdgRuntimeDir: undefined, tmpDir: "/tmp", uid: 1000, hash: "0123456789ab" };

describe("runtime paths", () => {
  it("prefers the user's runtime directory and always knows the place without it", () => {
    expect(runtimeDirs({ ...facts, xdgRuntimeDir: "/run/user/1000" })).toEqual([
      "/run/user/1000/signalbox-0123456789ab",
      "/tmp/signalbox-1000-0123456789ab",
    ]);
    expect(runtimeDirs({ ...facts, xdgRuntimeDir: "relative" })).toEqual(["/tmp/signalbox-1000-0123456789ab"]);
  });

  it("skips folders too long for a socket", () => {
    expect(runtimeDirs({ ...facts, tmpDir: `/${"x".repeat(90)}` })).toEqual(["/tmp/signalbox-1000-0123456789ab"]);
  });

  it("names pipes on Windows", () => {
    const windows = { ...facts, platform: "win32" };
    expect(socketPaths(windows, "app")).toEqual(["\\\\.\\pipe\\signalbox-0123456789ab"]);
    expect(socketPaths(windows, "keeper-1.0.0")).toEqual(["\\\\.\\pipe\\signalbox-0123456789ab-keeper-1.0.0"]);
  });
});

describe("the data directory", () => {
  it.each([
    [{ flag: "/a", env: { SIGNALBOX_DATA: "/b" } }, "/a"],
    [{ env: { SIGNALBOX_DATA: "/b" } }, "/b"],
    [{ env: { XDG_DATA_HOME: "/x" } }, "/x/signalbox"],
    [{ env: {} }, "/home/ada/.local/share/signalbox"],
  ])("%o", (given, expected) => {
    expect(dataDirOf({ platform: "linux", homeDir: "/home/ada", ...given })).toBe(expected);
  });
});
