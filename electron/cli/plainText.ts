/**
 * Terminal output as text to read: escape sequences removed wherever the chunks are cut, line ends made plain, and a
 * jump of the cursor becomes a new line, so that words of a full-screen program do not run together.
 */
import { StringDecoder } from "node:string_decoder";

type State = "text" | "escape" | "csi" | "string" | "string-escape" | "charset";

export class PlainText {
  readonly #decoder = new StringDecoder("utf8");
  #state: State = "text";
  #hasReturned = false;
  #csi = "";

  feed(bytes: Uint8Array): string {
    return this.#strip(this.#decoder.write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)));
  }

  /** What is left when the output ends. */
  end(): string {
    return this.#strip(this.#decoder.end());
  }

  #strip(decoded: string): string {
    let plain = "";
    for (const char of decoded) plain += this.#step(char);
    return plain;
  }

  #step(char: string): string {
    switch (this.#state) {
      case "text":
        return this.#text(char);
      case "escape":
        this.#state = afterEscape(char);
        this.#csi = "";
        return "";
      case "csi":
        return this.#control(char);
      case "charset":
        this.#state = "text";
        return "";
      case "string":
        if (char === "\x07") this.#state = "text";
        else if (char === "\x1b") this.#state = "string-escape";
        return "";
      case "string-escape":
        this.#state = char === "\\" ? "text" : "string";
        return "";
    }
  }

  /** Programs that draw put their words at columns; the first column is a return. */
  #toColumn(column: number): string {
    if (column > 1) return " ";
    this.#hasReturned = true;
    return "";
  }

  #text(char: string): string {
    if (char === "\x1b") {
      this.#state = "escape";
      return "";
    }
    if (isDropped(char)) return "";
    // A return without a line feed rewrites the line: the rewriting is shown below it.
    const before = this.#hasReturned && char !== "\n" && char !== "\r" ? "\n" : "";
    this.#hasReturned = char === "\r";
    return char === "\r" ? "" : before + char;
  }

  #control(char: string): string {
    if (char < "@" || char > "~") {
      this.#csi += char;
      return "";
    }
    this.#state = "text";
    if (char === "H" || char === "f" || char === "E") return "\n";
    if (char === "G" || char === "`") return this.#toColumn(Number.parseInt(this.#csi, 10) || 1);
    if (char === "C") return " ".repeat(Math.min(200, Number.parseInt(this.#csi, 10) || 1));
    return "";
  }
}

function isDropped(char: string): boolean {
  if (char === "\t" || char === "\n" || char === "\r") return false;
  return char < " " || (char >= "\x7f" && char <= "\x9f");
}

function afterEscape(char: string): State {
  if (char === "[") return "csi";
  if ("]PX^_".includes(char)) return "string";
  return "()*+-./#%".includes(char) ? "charset" : "text";
}
