import { join } from "node:path";
import { expect, test } from "vitest";
import { assetFile, CONTENT_POLICY, isOwnPage, mediaType, outsideAddress } from "./addresses.ts";

const folder = join("/", "app", "out", "renderer");

test("the page's files are served from its folder, its places by the page itself", () => {
  expect(assetFile("app://signalbox/assets/index-1.js", folder)).toBe(join(folder, "assets", "index-1.js"));
  expect(assetFile("app://signalbox/", folder)).toBe(join(folder, "index.html"));
  expect(assetFile("app://signalbox/#/tree", folder)).toBe(join(folder, "index.html"));
});

test.each([
  "app://signalbox/..%2f..%2fmain.js",
  "app://signalbox/%2e%2e/%2e%2e/etc/passwd.txt/..%2f..%2f..%2fx.js",
  "app://signalbox/..%5c..%5cmain.js",
  "app://signalbox/a%00.js",
  "app://signalbox/%E0%A4%A.js",
  "app://elsewhere/index.html",
  "file:///etc/passwd",
])("%s leads nowhere", (address) => {
  expect(assetFile(address, folder)).toBeUndefined();
});

test.each(["app://signalbox/", "app://signalbox/#/inbox/a"])("%s is our page", (address) => {
  expect(isOwnPage(address)).toBe(true);
});

test.each(["app://signalbox.evil/", "app://signalbox@evil/", "https://signalbox/", "app:signalbox", "about:blank", ""])(
  "%s is not",
  (address) => {
    expect(isOwnPage(address)).toBe(false);
  },
);

test("web and mail links may be offered, nothing else, and no disguised ones", () => {
  expect(outsideAddress("https://example.com/a")).toBe("https://example.com/a");
  expect(outsideAddress("mailto:a@example.com")).toBe("mailto:a@example.com");
  for (const address of [
    "file:///etc/passwd",
    "javascript:alert(1)",
    "vscode://x",
    "smb://host/share",
    "https://bank.com@evil.com/",
    "not an address",
  ]) {
    expect(outsideAddress(address)).toBeUndefined();
  }
});

test("the content policy lets no script in but our own files", () => {
  expect(CONTENT_POLICY).toContain("script-src 'self';");
  expect(CONTENT_POLICY).not.toMatch(/unsafe-eval|script-src[^;]*unsafe-inline/);
});

test("modules and fonts get the types Chromium insists on", () => {
  expect(["/a/b.js", "/f.woff2", "/x.unknown"].map(mediaType)).toEqual([
    "text/javascript; charset=utf-8",
    "font/woff2",
    "application/octet-stream",
  ]);
});
