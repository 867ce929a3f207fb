import { flips } from "#test/soak/flips.ts";
import { shortForm } from "#test/soak/shortForm.ts";

shortForm(flips);
