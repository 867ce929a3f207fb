// The package's ES module has no entry of its own in its package.json, and Node finds no names in its CommonJS bundle.
declare module "@xterm/headless/lib-headless/xterm-headless.mjs" {
  export { Terminal } from "@xterm/headless";
}
