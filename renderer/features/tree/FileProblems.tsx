/** Where a fleet file is wrong, over the tree that its last good version made. */
import type { ReactElement } from "react";
import { useFleets } from "#renderer/state/hooks.ts";
import { Banner } from "#renderer/ui/Banner.tsx";

export function FileProblems(): ReactElement {
  const fleets = useFleets();
  return (
    <>
      {fleets.map(
        ({ name, fileError }) =>
          fileError !== undefined && (
            <Banner
              key={name}
              kind="waiting"
              title={`The file of ${name} has an error in line ${fileError.line}, column ${fileError.column}.`}
            >
              {fileError.message} The last good version runs on.
            </Banner>
          ),
      )}
    </>
  );
}
