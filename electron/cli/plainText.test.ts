import { expect, it } from "vitest";
import { PlainText } from "./plainText.ts";

const printed =
  "\x1b[31mred\x1b[0m\r\n\x1b]0;title\x07plain é 👩‍🚀\r\n50%\r100%\r\n\x1b[2;5Hjump\x1b[3Cgap\x1bP+q544e\x1b\\end\x1b(B\nDo\x1b[5Gyou\x1b[Gagain\n";
const expected = "red\nplain é 👩‍🚀\n50%\n100%\n\njump   gapend\nDo you\nagain\n";

it("reads the same wherever the output is cut", () => {
  const bytes = Buffer.from(printed);
  for (let step = 1; step <= bytes.length; step++) {
    const plain = new PlainText();
    let text = "";
    for (let at = 0; at < bytes.length; at += step) text += plain.feed(bytes.subarray(at, at + step));
    expect(text + plain.end()).toBe(expected);
  }
});
