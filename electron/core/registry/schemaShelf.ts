/** Schemas of one server's tools, made ready at their first use and kept until the list of tools changes. */
import type { McpHost, SchemaCheck } from "#core/ports/mcpClient.ts";
import type { Result } from "#shared/model/result.ts";
import type { Tool } from "#shared/model/toolServer.ts";

export class SchemaShelf {
  readonly #host: Pick<McpHost, "compile">;
  readonly #ready = new Map<string, Promise<Result<SchemaCheck>>>();

  constructor(host: Pick<McpHost, "compile">) {
    this.#host = host;
  }

  input(tool: Tool): Promise<Result<SchemaCheck>> {
    return this.#take(`in ${tool.name}`, tool.inputSchema);
  }

  /** Undefined: it promises nothing about its answers. */
  async output(tool: Tool): Promise<Result<SchemaCheck> | undefined> {
    return tool.outputSchema === undefined ? undefined : this.#take(`out ${tool.name}`, tool.outputSchema);
  }

  /** Why it cannot be called, where a schema of it is none; what it answers is judged by one, too. */
  async problemOf(tool: Tool): Promise<string | undefined> {
    const input = await this.input(tool);
    if (!input.ok) return input.error.message;
    const output = await this.output(tool);
    return output === undefined || output.ok ? undefined : `What it answers cannot be checked. ${output.error.message}`;
  }

  clear(): void {
    this.#ready.clear();
  }

  #take(key: string, schema: Tool["inputSchema"]): Promise<Result<SchemaCheck>> {
    const known = this.#ready.get(key);
    if (known !== undefined) return known;
    const made = this.#host.compile(schema);
    this.#ready.set(key, made);
    return made;
  }
}
