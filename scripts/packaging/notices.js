/** `node scripts/packaging/notices.js` writes THIRD_PARTY_NOTICES.md: what the product ships, with every licence text. Run it after a dependency changed. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../project.js";

const HEAD = `# Third-party notices

Signalbox itself is under the MIT licence (\`LICENSE\`). It ships with the packages below, as \`package-lock.json\` names them; tools that only build or test it are not listed. This page is written by \`node scripts/packaging/notices.js\`.

Not from npm's production dependencies, but part of what you run:

- **Electron**, MIT, with Chromium and others: its own \`LICENSE\` and \`LICENSES.chromium.html\` lie beside its runtime.
- **Node.js**, MIT and others: its \`LICENSE\` lies beside the runtime that installers carry for the session keeper.
- **SQLite**, public domain, inside better-sqlite3.

`;

/** Installed production packages, in the order of their names. */
function shippedPackages() {
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  return Object.entries(packages)
    .filter(([path, entry]) => path !== "" && !entry.dev && !entry.devOptional && !entry.optional)
    .map(([path, { version, license }]) => {
      const name = path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
      return { name, version, license: license ?? "see below", text: licenceText(join(root, path)) };
    })
    .sort((left, right) => left.name.localeCompare(right.name) || left.version.localeCompare(right.version));
}

function licenceText(folder) {
  const files = readdirSync(folder).filter((name) => /^(licen[cs]e|copying)(\.|$)/i.test(name));
  const texts = files.map((name) => readFileSync(join(folder, name), "utf8").replaceAll("\r\n", "\n").trim());
  return texts.join("\n\n");
}

const packages = shippedPackages();
const table = packages.map(({ name, version, license }) => `| ${name} | ${version} | ${license} |`);
const byText = Map.groupBy(
  packages.filter(({ text }) => text !== ""),
  ({ text }) => text,
);
const texts = [...byText].map(([text, shared]) => {
  const names = [...new Set(shared.map(({ name }) => name))].join(", ");
  return `### ${names}\n\n\`\`\`text\n${text}\n\`\`\`\n`;
});
const textless = packages.filter(({ text }) => text === "").map(({ name, license }) => `${name} (${license})`);
const without =
  textless.length === 0
    ? ""
    : `These packages carry no licence file and name their licence only: ${textless.join(", ")}.\n\n`;
writeFileSync(
  join(root, "THIRD_PARTY_NOTICES.md"),
  `${HEAD}| package | version | licence |\n|---|---|---|\n${table.join("\n")}\n\n## Licence texts\n\n${without}${texts.join("\n")}`,
);
