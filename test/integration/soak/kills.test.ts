import { kills } from "#test/soak/kills.ts";
import { shortForm } from "#test/soak/shortForm.ts";

shortForm(kills, 300_000);
