import fc from "fast-check";
import { expect, test } from "vitest";
import { maskSecrets, SecretMasker } from "./secrets.ts";

const chars = (from: string, minLength: number, maxLength = minLength) =>
  fc.string({ unit: fc.constantFrom(...from.split("")), minLength, maxLength });
const ALNUM = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const BASE64 = `${ALNUM}+/`;

/** What must not be readable afterwards, and how it stands in a text. */
interface Sample {
  readonly secret: string;
  readonly written: string;
}
const after = (prefix: string, body: fc.Arbitrary<string>, suffix = ""): fc.Arbitrary<Sample> =>
  body.map((secret) => ({ secret, written: `${prefix}${secret}${suffix}` }));
const pem = fc.array(chars(BASE64, 64), { minLength: 3, maxLength: 40 }).map((lines) => ({
  secret: lines[1] ?? "",
  written: `-----BEGIN RSA PRIVATE KEY-----\r\n${lines.join("\r\n")}\r\n-----END RSA PRIVATE KEY-----`,
}));
const samples: Readonly<Record<string, fc.Arbitrary<Sample>>> = {
  anthropic: after(
    "sk-ant-api03-",
    chars(`${ALNUM}_-`, 95).map((body) => `7${body.slice(1)}`),
  ),
  openai: after(
    "sk-proj-",
    chars(ALNUM, 48, 150).map((body) => `4${body.slice(1)}`),
  ),
  google: after("AIza", chars(`${ALNUM}_-`, 35)),
  github: after("ghp_", chars(ALNUM, 36)),
  githubFine: after("github_pat_", chars(`${ALNUM}_`, 82)),
  gitlab: after("glpat-", chars(ALNUM, 20)),
  awsId: after("AKIA", chars(UPPER, 16)),
  awsSecret: after(
    "aws_secret_access_key = ",
    chars(BASE64, 40).map((body) => `9${body.slice(1)}`),
  ),
  slack: after("xoxb-", chars(`${ALNUM}-`, 50)),
  slackHook: after("https://hooks.slack.com/services/", chars(ALNUM, 44)),
  stripe: after("sk_live_", chars(ALNUM, 24)),
  npm: after("npm_", chars(ALNUM, 36)),
  jwt: fc
    .tuple(chars(ALNUM, 20, 60), chars(ALNUM, 40, 300), chars(`${ALNUM}-_`, 43))
    .map(([head, body, sign]) => ({ secret: body, written: `eyJ${head}.eyJ${body}.${sign}` })),
  bearer: after(
    "Authorization: Bearer ",
    chars(`${ALNUM}._~+/`, 30, 80).map((body) => `3${body.slice(1)}`),
  ),
  assignment: after(
    "DB_PASSWORD=",
    chars(`${ALNUM}!#%+:@^~`, 8, 60).map((body) => `p${body.slice(1)}`),
  ),
  json: after('{"apiKey": "', chars(ALNUM, 12, 60), '"}'),
  url: after("postgres://admin:", chars(ALNUM, 8, 40), "@db.internal:5432/x"),
  pem,
};
const anySample = fc.oneof(...Object.values(samples));
const prose = fc
  .string({ unit: fc.constantFrom(..."abc xyz\n\t.,é漢".split("")), maxLength: 400 })
  .map((text) => ` ${text} `);

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
function throughMasker(bytes: Uint8Array, cuts: readonly number[]): Uint8Array {
  const masker = new SecretMasker();
  const parts: Uint8Array[] = [];
  let at = 0;
  for (const cut of [
    ...cuts.map((share) => Math.floor(share * bytes.length)).toSorted((a, b) => a - b),
    bytes.length,
  ]) {
    parts.push(masker.push(bytes.subarray(at, cut)));
    at = cut;
  }
  parts.push(masker.end());
  return Buffer.concat(parts);
}

test.each(Object.entries(samples))("%s is masked wherever it stands, and nothing around it", (_name, sample) => {
  fc.assert(
    fc.property(prose, sample, prose, (before, { secret, written }, behind) => {
      const text = `${before}\n${written}\n${behind}`;
      const masked = maskSecrets(text);
      expect(masked).not.toContain(secret);
      expect(masked).toHaveLength(text.length);
      expect(masked.startsWith(`${before}\n`)).toBe(true);
      expect(masked.endsWith(`\n${behind}`)).toBe(true);
    }),
    { numRuns: 60 },
  );
});

test("bytes in any chunks lose their secrets and keep their length and everything else", () => {
  const size = fc.integer({ min: 0, max: 70_000 });
  fc.assert(
    fc.property(
      anySample,
      size,
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 }),
      (sample, at, cuts) => {
        const filler = "plain words of a log, nothing else\r\n";
        const before = filler.repeat(Math.ceil(at / filler.length));
        const bytes = utf8(`${before}${sample.written}\r\n${filler.repeat(3000)}`);
        const masked = throughMasker(bytes, cuts);
        expect(masked.length).toBe(bytes.length);
        const text = Buffer.from(masked).toString("latin1");
        expect(text.includes(sample.secret)).toBe(false);
        expect(text.startsWith(before)).toBe(true);
        expect(text.endsWith(filler.repeat(3000))).toBe(true);
      },
    ),
    { numRuns: 60 },
  );
});

test("colours in the middle of a secret do not hide it", () => {
  const colour = fc.constantFrom("\u001b[31m", "\u001b[0m", "\u001b[38;5;12m", "\u001b]8;;x\u0007");
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(90), colour), { minLength: 1, maxLength: 5 }), (marks) => {
      const secret = "sk-ant-api03-0Aa1Bb2Cc3Dd4Ee5Ff6Gg7Hh8Ii9Jj0Kk1Ll2Mm3Nn4Oo5Pp6Qq7Rr8Ss9Tt0Uu1Vv2Ww3Xx4Yy5Zz6-AA";
      let drawn = secret;
      for (const [at, code] of marks.toSorted(([a], [b]) => b - a)) drawn = drawn.slice(0, at) + code + drawn.slice(at);
      const bytes = utf8(`key: ${drawn}\r\nnext line\r\n`);
      const text = Buffer.from(throughMasker(bytes, [])).toString("latin1");
      // oxlint-disable-next-line no-control-regex
      const seen = text.replaceAll(/\u001b(?:\[[\d;]*m|\]8;;x\u0007)/g, "");
      expect(seen).toContain("\r\nnext line\r\n");
      expect(seen).not.toContain(secret.slice(20, 40));
      expect(text).toHaveLength(bytes.length);
      for (const [, code] of marks) expect(text).toContain(code);
    }),
  );
});

test("a key that a program wrapped at its right edge is masked in both lines", () => {
  const text = "│ ANTHROPIC sk-ant-api03-0Aa1Bb2Cc3Dd4Ee5Ff6Gg7\n│ Hh8Ii9Jj0Kk1Ll2Mm3Nn4Oo5 and words";
  expect(maskSecrets(text)).toBe(
    "│ ANTHROPIC sk-ant-****************************\n│ ************************ and words",
  );
});

test("words that only look a little like it stay", () => {
  const lines = [
    "the task-runner-of-the-second-generation-is-ready",
    "sk-learn is a library; disk-management-of-a-kind",
    "token: string; password: unknown; secret = null",
    "tokens: 1234 used, 5678 cached",
    "PASSWORD=$SECRET_FROM_ENV and ${TOKEN}",
    "https://example.org:8080/path@v2",
    "commit 9fceb02d0ae598e95dc970b74767f19372d61af8",
    "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
  ];
  for (const line of lines) expect(maskSecrets(line)).toBe(line);
});

test("text made to be slow is not: a quarter of a megabyte of each worst case is done at once", () => {
  const worst = [
    "eyJ",
    "eyJ.",
    "sk-",
    "token=",
    "password: ",
    "-----BEGIN PRIVATE KEY",
    "://a:",
    "Bearer ",
    "\u001b[",
    "\u001b]",
    "a",
    "xox",
    "A",
    "\n9abcdefghijk",
    "sk-ant-a1aaaaaaaaaaaaaaa\n",
  ];
  for (const unit of worst) {
    const bytes = utf8(unit.repeat(Math.ceil((256 * 1024) / unit.length)));
    const began = performance.now();
    throughMasker(bytes, [0.25, 0.5, 0.75]);
    // A machine under load is slow by itself; a backtracking pattern takes minutes.
    expect(performance.now() - began, unit).toBeLessThan(5000);
  }
});
