import { shortForm } from "#test/soak/shortForm.ts";
import { workflows } from "#test/soak/workflows.ts";

shortForm(workflows);
