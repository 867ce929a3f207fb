import { power } from "#test/soak/power.ts";
import { shortForm } from "#test/soak/shortForm.ts";

shortForm(power);
