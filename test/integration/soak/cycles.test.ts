import { cycles } from "#test/soak/cycles.ts";
import { shortForm } from "#test/soak/shortForm.ts";

shortForm(cycles);
