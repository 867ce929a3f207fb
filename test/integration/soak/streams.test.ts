import { shortForm } from "#test/soak/shortForm.ts";
import { streams } from "#test/soak/streams.ts";

shortForm(streams, 180_000);
