/** The output of one life as a file: secrets masked, or exactly as it was printed. */
import type { RpcClient } from "#shared/rpc/client.ts";
import { SecretMasker } from "#shared/lib/secrets.ts";
import type { Life } from "#shared/model/node.ts";
import type { Result } from "#shared/model/result.ts";

/** Parts are handed to the browser in steps of this size: it keeps large ones on disk. */
const PART_BYTES = 8 * 1024 * 1024;

export async function exportRecording(
  client: RpcClient,
  life: Life,
  { isExact, onProgress }: { readonly isExact: boolean; readonly onProgress: (bytes: number) => void },
): Promise<Result<void>> {
  const parts: Blob[] = [];
  let open: Uint8Array<ArrayBuffer>[] = [];
  let openBytes = 0;
  let total = 0;
  let masker = new SecretMasker();
  const keep = (bytes: Uint8Array) => {
    open.push(new Uint8Array(bytes));
    openBytes += bytes.length;
    if (openBytes >= PART_BYTES) seal();
  };
  const seal = () => {
    parts.push(new Blob(open));
    open = [];
    openBytes = 0;
  };
  const result = await new Promise<Result<void>>((resolve) => {
    client.open(
      "recording",
      { sessionId: life.sessionId },
      {
        onItem({ gap }, bytes) {
          if (gap !== undefined) {
            keep(masker.end());
            masker = new SecretMasker();
          }
          if (bytes === undefined) return;
          keep(isExact ? bytes : masker.push(bytes));
          total += bytes.length;
          onProgress(total);
        },
        onEnd: (error) => resolve(error === undefined ? { ok: true, value: undefined } : { ok: false, error }),
      },
    );
  });
  if (!result.ok) return result;
  keep(masker.end());
  seal();
  save(new Blob(parts, { type: "application/octet-stream" }), fileName(life));
  return result;
}

export function fileName({ path, generation }: Pick<Life, "path" | "generation">): string {
  return `${path.replaceAll(/[^\w.-]+/g, "-")}-life-${generation}.log`;
}

function save(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
